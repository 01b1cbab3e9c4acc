// From the configuration to live sources. Built, started and stopped by the main thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/logger.h"
#include "app/service/origins.h"
#include "connectors/net/inherited_sockets.h"
#include "connectors/sources/file_source.h"
#include "connectors/sources/http_source.h"
#include "connectors/sources/kafka_source.h"
#include "connectors/sources/record_source.h"
#include "connectors/store/store.h"

namespace vedette::app {

// What becomes of elements that framing refuses: `keep` puts them into the store, `count` says so.
struct SourceRejects {
  connectors::RejectHandler count, keep;
};

// In the store: its own id, made with it.
inline constexpr const char* kInstanceFact = "instance";

// What to do about a port that is in use: the end of a sentence, or nothing when the error is another.
[[nodiscard]] std::string who_listens(const Error& error, const std::string& address);
// The error, with it.
[[nodiscard]] std::string with_remedy(const Error& error, const std::string& address);

class Sources {
 public:
  Sources(const Config& config, plan::PlanPtr plan, Origins& origins, const connectors::Store& store, Logger& logger,
          connectors::Clock clock, SourceRejects rejects, connectors::InheritedSockets& inherited);

  // Errors name the source. `listening` is told every address with its path.
  [[nodiscard]] Status start(
      connectors::BatchSink& sink,
      const std::function<void(const std::string& configured, const std::string& url, const std::string& path)>& listening);
  // A batch of the partition is durable. Any thread.
  void committed(const std::string& source, const std::string& partition, const std::string& resume);
  [[nodiscard]] bool finished() const;
  void stop();

  struct Live {
    const SourceConfig* config = nullptr;  // null: a listener that several share
    connectors::RecordSource* source = nullptr;
    std::vector<std::string> names = {};  // of the configured sources that it serves
  };
  [[nodiscard]] const std::vector<Live>& all() const { return live_; }
  [[nodiscard]] const std::vector<connectors::HttpSource*>& http() const { return http_; }
  [[nodiscard]] const std::vector<connectors::KafkaSource*>& kafka() const { return kafka_; }
  [[nodiscard]] const std::vector<connectors::FileSource*>& files() const { return files_; }

 private:
  [[nodiscard]] Status add_http(const SourceConfig& source, std::map<std::string, connectors::HttpSourceOptions>& listeners);
  [[nodiscard]] Status add_kafka(const SourceConfig& source);
  [[nodiscard]] Status add_file(const SourceConfig& source);
  [[nodiscard]] Status start_listeners(
      std::map<std::string, connectors::HttpSourceOptions>& listeners, connectors::BatchSink& sink,
      const std::function<void(const std::string&, const std::string&, const std::string&)>& listening);
  [[nodiscard]] connectors::ResumeAt resume_at(const SourceConfig& source) const;
  [[nodiscard]] bool is_text(const event::Origin& origin) const;
  [[nodiscard]] connectors::RejectHandler on_reject() const;
  void keep(const SourceConfig* config, std::unique_ptr<connectors::RecordSource> source, std::vector<std::string> names);

  const Config& config_;
  plan::PlanPtr plan_;
  Origins& origins_;
  const connectors::Store& store_;
  Logger& logger_;
  const connectors::Clock clock_;
  SourceRejects rejects_;
  connectors::InheritedSockets& inherited_;
  std::vector<std::unique_ptr<connectors::RecordSource>> sources_;
  std::vector<Live> live_;
  std::map<std::string, connectors::RecordSource*> pull_;  // by config name
  std::vector<connectors::HttpSource*> http_;
  std::vector<connectors::KafkaSource*> kafka_;
  std::vector<connectors::FileSource*> files_;
};

}  // namespace vedette::app
