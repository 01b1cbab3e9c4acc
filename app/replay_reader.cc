#include "app/replay_reader.h"

#include <utility>

namespace vedette::app {

void Tickets::push(std::size_t input) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(input);
  }
  changed_.notify_one();
}

bool Tickets::pop(std::size_t& input) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return closed_ || !queue_.empty(); });
  if (closed_) return false;
  input = queue_.front();
  queue_.pop_front();
  return true;
}

void Tickets::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

ReplayReader::ReplayReader(std::vector<std::unique_ptr<InputReader>> inputs, bool in_given_order)
    : inputs_(std::move(inputs)), in_given_order_(in_given_order) {}

std::optional<std::size_t> ReplayReader::choose(std::size_t wanted) {
  if (!in_given_order_ && wanted < inputs_.size() && !inputs_[wanted]->finished()) return wanted;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const std::size_t input = in_given_order_ ? i : (round_robin_ + i) % inputs_.size();
    if (inputs_[input]->finished()) continue;
    round_robin_ = input + 1;
    return input;
  }
  return std::nullopt;
}

void ReplayReader::read(Pipeline& pipeline) {
  std::size_t wanted = 0;
  while (tickets_.pop(wanted)) {
    const auto input = choose(wanted);
    if (!input) break;
    auto job = inputs_[*input]->next();
    if (!job) {
      failure_ = job.error();
      break;
    }
    if (!pipeline.submit(std::move(*job))) break;
  }
  pipeline.close();
}

}  // namespace vedette::app
