// The reading side of a replay: inputs cut into jobs, in an order that depends on the data only. In merged order the
// consumer hands out tickets, each naming the input that the merge waits for; tickets also bound what is in flight.
// read() runs on its own thread; the other calls come from the consumer.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/inputs.h"
#include "app/pipeline.h"

namespace vedette::app {

class Tickets {
 public:
  void push(std::size_t input);
  // False after close().
  bool pop(std::size_t& input);
  void close();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::size_t> queue_;
  bool closed_ = false;
};

class ReplayReader {
 public:
  ReplayReader(std::vector<std::unique_ptr<InputReader>> inputs, bool in_given_order);

  // Until the inputs end, fail, or the tickets are closed; then closes the pipeline.
  void read(Pipeline& pipeline);
  void ticket(std::size_t input) { tickets_.push(input); }
  void stop() { tickets_.close(); }

  // After read() has ended.
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }
  [[nodiscard]] bool saw_text(std::size_t input) const { return inputs_[input]->saw_text(); }

 private:
  [[nodiscard]] std::optional<std::size_t> choose(std::size_t wanted);

  std::vector<std::unique_ptr<InputReader>> inputs_;
  bool in_given_order_;
  std::size_t round_robin_ = 0;
  Tickets tickets_;
  std::optional<Error> failure_;
};

}  // namespace vedette::app
