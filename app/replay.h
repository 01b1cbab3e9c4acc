// One replay: inputs -> pipeline -> merge -> sequencer -> alerts. Consumes on the calling thread; one reading thread
// and the pipeline's workers help.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/alert_printer.h"
#include "app/commands.h"
#include "app/inputs.h"
#include "app/load_rules.h"
#include "app/reject_file.h"
#include "app/replay_reader.h"
#include "app/silence.h"
#include "app/summary.h"
#include "app/terminal.h"
#include "engine/run/merge.h"
#include "engine/run/sequencer.h"

namespace vedette::app {

class Replay {
 public:
  Replay(const ReplayOptions& options, const LoadedRules& rules);

  // The exit code.
  [[nodiscard]] int run();

 private:
  [[nodiscard]] Status open();
  [[nodiscard]] std::shared_ptr<const event::Origin> make_origin(const InputFile& file) const;
  [[nodiscard]] Result<std::unique_ptr<ReplayReader>> make_reader() const;
  [[nodiscard]] Status pass();
  [[nodiscard]] Status consume(Pipeline& pipeline, ReplayReader& reader);
  [[nodiscard]] Status apply(Done& done);
  [[nodiscard]] bool in_range(const event::EventHead& head) const;
  [[nodiscard]] Status print(std::vector<alert::Alert>& alerts);
  void show_progress(const Done& done);
  void warn_about_text(const ReplayReader& reader) const;
  void explain_silence();
  // Reads the inputs once more, looking at every rule; null when that is not possible.
  [[nodiscard]] std::unique_ptr<SilenceObserver> look_again(bool& cut);
  void show_rates();
  [[noreturn]] void leave();
  [[nodiscard]] int finish(const Status& status);

  const ReplayOptions& options_;
  const LoadedRules& rules_;
  std::uint32_t source_ = plan::kNone;
  ZonePtr zone_;
  std::vector<InputFile> files_;
  AlertPrinter printer_;
  RejectFile rejects_;
  Progress progress_;
  std::unique_ptr<run::Sequencer> sequencer_;
  std::unique_ptr<run::Merger> merger_;
  std::vector<alert::Alert> alerts_;
  std::vector<std::uint64_t> bytes_of_input_;
  std::uint64_t total_bytes_ = 0;
  std::uint64_t outside_ = 0;
  bool disordered_ = false;
};

}  // namespace vedette::app
