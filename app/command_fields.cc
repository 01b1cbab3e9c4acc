// `vedette rules fields SOURCE [EVENTS]`: what a source type knows and serves, what rules read of it, what events hold.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "app/commands.h"
#include "app/event_reader.h"
#include "app/exit_code.h"
#include "app/field_table.h"
#include "app/json_fields.h"
#include "app/load_rules.h"
#include "app/terminal.h"
#include "engine/base/json_writer.h"
#include "rules/check/okta_event_types.h"
#include "rules/source/load.h"

namespace vedette::app {

namespace {

constexpr std::size_t kSampleWidth = 40;
constexpr std::string_view kTypeField = "eventType";

// A rule that reads every field of a text source, so that its events show them all.
std::string reader_of(const plan::SourcePlan& source) {
  const plan::LogSource served = source.logsources.empty() ? plan::LogSource{} : source.logsources.front();
  std::string out = "title: fields\nlogsource:\n";
  for (const auto& [key, value] :
       {std::pair("category", served.category), {"product", served.product}, {"service", served.service}})
    if (!value.empty()) out += fmt::format("  {}: {}\n", key, value);
  out += "detection:\n";
  for (std::size_t i = 0; i < source.fields.size(); ++i)
    out += fmt::format("  f{}:\n    {}|exists: true\n", i, source.fields[i].text());
  return out + "  condition: 1 of f*\n";
}

std::unique_ptr<LoadedRules> without_rules(const RuleOptions& options) {
  auto loaded = std::make_unique<LoadedRules>();
  auto compile = compile_options(options, loaded->diagnostics);
  if (compile) loaded->plan = rules::compile({}, *compile, loaded->diagnostics).plan;
  auto program = loaded->plan ? match::MatchProgram::build(loaded->plan)
                              : Result<std::shared_ptr<const match::MatchProgram>>(compile.error());
  if (!program) {
    print_error(program.error().to_string());
    return nullptr;
  }
  loaded->program = *program;
  return loaded;
}

class FieldsCommand {
 public:
  FieldsCommand(const LoadedRules& loaded, const FieldsOptions& options, std::uint32_t source)
      : loaded_(loaded), options_(options), source_(source), table_(*loaded.plan, source) {}

  int run() {
    if (!options_.events.empty()) {
      if (const int code = read(); code != kExitOk) return code;
    }
    const bool types = options_.types && source_plan().name == "okta";
    if (options_.types && !types) {
      print_error(fmt::format("no catalogue of event types of `{}` is known", source_plan().name));
      return kExitUsage;
    }
    const bool table = options_.format == Format::human || options_.format == Format::automatic;
    (void)write_all(stdout, types ? (table ? types_table() : types_json()) : table ? fields_table() : fields_json());
    return kExitOk;
  }

 private:
  [[nodiscard]] const plan::SourcePlan& source_plan() const { return loaded_.plan->sources[source_].source; }

  int read() {
    auto files = expand_inputs(options_.events);
    EventReading reading{loaded_.plan, loaded_.program, source_, nullptr, options_.year, "fields"};
    if (!files || !rules::load_zone(options_.timezone, reading.zone)) {
      print_error(files ? "unknown time zone '" + options_.timezone + "'" : files.error().to_string());
      return kExitUsage;
    }
    if (source_plan().text) {
      if (const Status ready = use_reader(reading); !ready) {
        print_error(ready.error().to_string());
        return kExitRuntime;
      }
    }
    const Status done =
        read_events(reading, *files, [&](const event::EventView& event, match::Matcher&) { look_at(event, *reading.plan); });
    if (!done) {
      print_error(done.error().to_string());
      return kExitRuntime;
    }
    if (table_.events() == 0) print_warning("no event was found in the input");
    return kExitOk;
  }

  // Text sources: a plan that captures every field.
  Status use_reader(EventReading& reading) {
    Diagnostics diagnostics;
    auto options = compile_options(options_.rules, diagnostics);
    if (!options) return options.error();
    auto compiled = rules::compile({{"fields", reader_of(source_plan())}}, *options, diagnostics);
    if (!compiled.plan) return Error{"the fields of the source type cannot be read", source_plan().name};
    auto program = match::MatchProgram::build(compiled.plan);
    if (!program) return program.error();
    reading.plan = compiled.plan;
    reading.program = *program;
    return {};
  }

  void look_at(const event::EventView& event, const plan::Plan& plan) {
    if (source_plan().text) {
      const plan::SourceProgram& program = plan.sources[event.head.source];
      for (std::uint32_t slot = 0; slot < program.slots.size(); ++slot) {
        const auto values = event.slot(slot);
        if (!values.empty()) table_.note(program.slots[slot].path.keys(), values.front().text);
      }
    } else {
      each_field(event.raw, [this](const std::string& path, std::string_view value, bool container) {
        table_.note(path, value, container);
        if (path == kTypeField) ++types_[std::string(value)];
      });
    }
    table_.event();
  }

  [[nodiscard]] std::string share(const FieldRow& row) const {
    if (table_.events() == 0) return "";
    const double percent = 100.0 * static_cast<double>(row.events) / static_cast<double>(table_.events());
    return row.events == 0 ? "-" : percent < 1 ? "<1 %" : fmt::format("{:.0f} %", percent);
  }

  // A field that the source type does not list.
  [[nodiscard]] bool strange(const FieldRow& row) const { return !row.known && !source_plan().fields.empty(); }

  [[nodiscard]] std::string fields_table() const {
    const bool colour = use_colour(stdout), events = !options_.events.empty();
    std::size_t width = 5, names = 10;
    for (const FieldRow& row : table_.rows()) {
      width = std::max(width, std::min<std::size_t>(row.name.size(), 64));
      names = std::max(names, normalised_text(row).size());
    }
    std::string out = heading();
    out += paint(fmt::format("{:<{}}  {:>5}  {:<{}}  {}{}\n", "field", width, "rules", "normalised", names,
                             events ? "events  sample" : "", events ? "" : "note"),
                 Colour::dim, colour);
    std::size_t unknown = 0;
    for (const FieldRow& row : table_.rows()) {
      std::string line = fmt::format("{:<{}}  {:>5}  {:<{}}  ", printable(row.name), width,
                                     row.rules.empty() ? "" : fmt::format("{}", row.rules.size()), normalised_text(row), names);
      if (events) line += fmt::format("{:>6}  {}", share(row), printable(std::string_view(row.sample).substr(0, kSampleWidth)));
      if (row.encoded) line += " [holds JSON or {k=v}]";
      if (strange(row)) line += " [not a known field]";
      line.erase(line.find_last_not_of(' ') + 1);
      unknown += strange(row) ? 1 : 0;
      out += strange(row) ? paint(line, Colour::yellow, colour) + "\n" : line + "\n";
    }
    return out + footing(unknown);
  }

  [[nodiscard]] static std::string normalised_text(const FieldRow& row) {
    return fmt::format("{}", fmt::join(row.normalised, ", "));
  }

  [[nodiscard]] std::string heading() const {
    std::string serves;
    for (const plan::LogSource& served : source_plan().logsources) {
      std::string one;
      for (const auto& [key, value] :
           {std::pair("category", served.category), {"product", served.product}, {"service", served.service}})
        if (!value.empty()) one += fmt::format("{}{}: {}", one.empty() ? "" : ", ", key, value);
      serves += fmt::format("{}{{{}}}", serves.empty() ? "" : ", ", one);
    }
    std::set<std::string> categories;
    for (const plan::Normalise& entry : source_plan().normalise) categories.insert(entry.category);
    std::string out = fmt::format("{} serves logsource {}", source_plan().name, serves.empty() ? "(none)" : serves);
    if (!categories.empty()) out += fmt::format("; category {}", fmt::join(categories, ", "));
    return out + "\n\n";
  }

  [[nodiscard]] std::string footing(std::size_t unknown) const {
    std::string out;
    if (table_.events() > 0) {
      out += fmt::format("\n{} events, {} fields that are not known\n", with_thousands(table_.events()), unknown);
    }
    if (source_plan().name == "okta") {
      out += fmt::format("{}{} event types; --types lists them\n", out.empty() ? "\n" : "",
                         with_thousands(rules::okta_event_types().size()));
    }
    return out;
  }

  [[nodiscard]] std::string fields_json() const {
    std::string out = options_.format == Format::json ? "[" : "";
    bool first = true;
    for (const FieldRow& row : table_.rows()) {
      if (options_.format == Format::json) out += first ? "\n" : ",\n";
      append_row(out, row);
      if (options_.format == Format::jsonl) out += "\n";
      first = false;
    }
    return options_.format == Format::json ? out + "\n]\n" : out;
  }

  void append_row(std::string& out, const FieldRow& row) const {
    JsonWriter json(out);
    const auto texts = [&](std::string_view key, const std::set<std::string>& values) {
      json.key(key);
      json.begin_array();
      for (const std::string& value : values) json.string(value);
      json.end_array();
    };
    json.begin_object();
    json.key("field");
    json.string(row.name);
    json.key("known");
    json.boolean(!strange(row));
    json.key("encoded");
    json.boolean(row.encoded);
    texts("normalised", row.normalised);
    texts("rules", row.rules);
    if (table_.events() > 0) {
      json.key("events");
      json.number(row.events);
      json.key("share");
      json.real(static_cast<double>(row.events) / static_cast<double>(table_.events()));
      json.key("sample");
      row.sample.empty() ? json.null() : json.string(row.sample);
    }
    json.end_object();
  }

  [[nodiscard]] std::string types_table() const {
    const bool events = table_.events() > 0;
    std::string out = fmt::format("{:<64}  {:<5}  {}\n", "event type", "hook", events ? "events" : "");
    for (const rules::OktaEventType& type : rules::okta_event_types()) {
      const auto seen = types_.find(type.name);
      out += fmt::format("{:<64}  {:<5}  {}\n", type.name, type.hook ? "yes" : "no",
                         seen == types_.end() ? "" : with_thousands(seen->second));
    }
    for (const auto& [name, count] : types_) {
      if (rules::find_okta_event_type(name) == nullptr)
        out += fmt::format("{:<64}  {:<5}  {} [not in the catalogue]\n", printable(name), "?", with_thousands(count));
    }
    return out;
  }

  void append_type(std::string& out, std::string_view name, const rules::OktaEventType* type, std::uint64_t count) const {
    JsonWriter json(out);
    json.begin_object();
    json.key("event_type");
    json.string(name);
    json.key("known");
    json.boolean(type != nullptr);
    json.key("hook");
    type == nullptr ? json.null() : json.boolean(type->hook);
    if (table_.events() > 0) {
      json.key("events");
      json.number(count);
    }
    json.end_object();
  }

  [[nodiscard]] std::string types_json() const {
    const bool array = options_.format == Format::json;
    std::string out = array ? "[" : "";
    bool first = true;
    const auto put = [&](std::string_view name, const rules::OktaEventType* type, std::uint64_t count) {
      if (array) out += first ? "\n" : ",\n";
      append_type(out, name, type, count);
      if (!array) out += "\n";
      first = false;
    };
    for (const rules::OktaEventType& type : rules::okta_event_types()) {
      const auto seen = types_.find(type.name);
      put(type.name, &type, seen == types_.end() ? 0 : seen->second);
    }
    for (const auto& [name, count] : types_) {
      if (rules::find_okta_event_type(name) == nullptr) put(name, nullptr, count);
    }
    return array ? out + "\n]\n" : out;
  }

  const LoadedRules& loaded_;
  const FieldsOptions& options_;
  std::uint32_t source_;
  FieldTable table_;
  std::map<std::string, std::uint64_t, std::less<>> types_;
};

}  // namespace

int run_fields(const FieldsOptions& options) {
  FieldsOptions given = options;
  // Without rules there is still something to tell.
  const bool none = given.rules.rules.empty() && !default_rule_paths({});
  const auto loaded = none ? without_rules(given.rules) : load_rules_or_report(given.rules);
  if (!loaded) return kExitUsage;
  const auto source = find_source(*loaded->plan, options.source);
  if (!source || *source == plan::kNone) {
    print_error(source ? "name a source type" : source.error().to_string());
    return kExitUsage;
  }
  return FieldsCommand(*loaded, given, *source).run();
}

}  // namespace vedette::app
