// Every metric there is: name and help text. A name that ends in _total is a counter, one with bounds a histogram, any other
// a gauge. Names, units and suffixes follow Prometheus' conventions; docs/operations.md lists them with their labels.
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace vedette::app {

struct MetricInfo {
  std::string_view name, help;
  std::span<const double> bounds = {};  // seconds, ascending
};

inline constexpr std::array<double, 12> kLatencyBounds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30};
inline constexpr std::array<double, 12> kDelayBounds = {1, 2, 5, 15, 30, 60, 120, 300, 900, 3600, 21600, 86400};

inline constexpr std::array kMetrics = {
    MetricInfo{"process_cpu_seconds_total", "Processor time that the process has used."},
    MetricInfo{"process_resident_memory_bytes", "Memory of the process that is in RAM."},
    MetricInfo{"process_start_time_seconds", "When the process started, in Unix time."},
    MetricInfo{"vedette_alerts_suppressed_total", "Triggers of a rule that its suppression or an open alert swallowed."},
    MetricInfo{"vedette_alerts_total", "Alerts made, those of shadow rules included."},
    MetricInfo{"vedette_build_info", "1, with the version as a label."},
    MetricInfo{"vedette_canaries_total", "Canaries worked off."},
    MetricInfo{"vedette_canary_delay_seconds", "From the receipt of the newest canary to the end of the work on it."},
    MetricInfo{"vedette_canary_last_seen_timestamp_seconds", "When the newest canary was received, in Unix time."},
    MetricInfo{"vedette_event_to_alert_seconds", "From the receipt of the event that completes a pattern to its alert.",
               kLatencyBounds},
    MetricInfo{"vedette_events_clamped_total", "Matching events whose own time lay ahead of their receipt, which was taken."},
    MetricInfo{"vedette_events_late_total", "Matching events older than their source accepts; correlations leave them out."},
    MetricInfo{"vedette_events_without_time_total", "Matching events without a usable time of their own."},
    MetricInfo{"vedette_file_history_gaps_total", "Times that rotated files were gone or packed before they were read."},
    MetricInfo{"vedette_filtered_events_total", "Matches that a filter document removed."},
    MetricInfo{"vedette_health_open", "1 while a condition lasts that Vedette alerts on by itself."},
    MetricInfo{"vedette_http_body_bytes", "Request bodies in memory."},
    MetricInfo{"vedette_http_connections_total", "Connections accepted."},
    MetricInfo{"vedette_http_open_connections", "Connections open now."},
    MetricInfo{"vedette_http_refusals_total", "Requests and connections refused, by reason."},
    MetricInfo{"vedette_http_repeats_total", "Webhook ids that were acknowledged once more and not taken again."},
    MetricInfo{"vedette_http_requests_total", "Requests read whole."},
    MetricInfo{"vedette_id_conflicts_total", "Copies of an event that disagree with the first about its time."},
    MetricInfo{"vedette_kafka_broker_errors_total", "Errors that the brokers reported."},
    MetricInfo{"vedette_kafka_group_refusals_total", "Offsets for lag displays that the group's coordinator did not take."},
    MetricInfo{"vedette_kafka_group_strangers", "Other active consumers of the group, other Vedettes too."},
    MetricInfo{"vedette_kafka_history_gaps_total", "Times that records were deleted before they were read."},
    MetricInfo{"vedette_kafka_partitions", "Partitions being read."},
    MetricInfo{"vedette_kafka_pauses_total", "Times that reading paused because the queue was full."},
    MetricInfo{"vedette_kafka_records_total", "Records read; one may hold several events."},
    MetricInfo{"vedette_kafka_tombstones_total", "Records without a value, which were skipped."},
    MetricInfo{"vedette_ordinals_forgotten_total", "Counts of equal events without an id that gave way to newer ones."},
    MetricInfo{"vedette_queue_batches", "Batches that wait for a worker."},
    MetricInfo{"vedette_queue_bytes", "Bytes of the batches that wait for a worker."},
    MetricInfo{"vedette_ready", "1 when /readyz answers 200."},
    MetricInfo{"vedette_rule_degraded", "1 while a correlation may miss alerts because memory ran out."},
    MetricInfo{"vedette_rule_left_out_total", "Events that a correlation left out because they lack a group's field."},
    MetricInfo{"vedette_rule_matches_total", "Events that a rule matched; of a correlation, events that it counted."},
    MetricInfo{"vedette_rules_loaded", "Rules and correlations in force."},
    MetricInfo{"vedette_rules_reload_success_timestamp_seconds", "When the rules in force were loaded, in Unix time."},
    MetricInfo{"vedette_rules_reloads_total", "Reloads of the rules, by outcome."},
    MetricInfo{"vedette_sink_deliveries_total", "Alerts, by what became of them at a sink; retried ones are counted each time."},
    MetricInfo{"vedette_sink_failing", "1 when the last delivery failed."},
    MetricInfo{"vedette_sink_oldest_age_seconds", "Age of the oldest alert that a sink is trying to deliver."},
    MetricInfo{"vedette_sink_queue_length", "Alerts in the outbox that a sink has not dealt with."},
    MetricInfo{"vedette_source_caught_up", "1 when everything that was there has been read."},
    MetricInfo{"vedette_source_delay_percentile_seconds",
               "The delay of the last 1024 matching events, 50th and 99th percentile."},
    MetricInfo{"vedette_source_delay_seconds", "From an event's own time to its receipt, of matching events.", kDelayBounds},
    MetricInfo{"vedette_source_errors_total", "Records refused, by reason."},
    MetricInfo{"vedette_source_events_total", "Events decoded."},
    MetricInfo{"vedette_source_lag_records", "Records of a partition that have not been read."},
    MetricInfo{"vedette_source_last_record_timestamp_seconds", "When the newest record was worked off, in Unix time."},
    MetricInfo{"vedette_source_matches_total", "Events that some rule matched."},
    MetricInfo{"vedette_source_up", "1 when what the source reads can be reached."},
    MetricInfo{"vedette_store_bytes", "What the store takes on disk."},
    MetricInfo{"vedette_store_changes_total", "Changes committed; several share one synced write."},
    MetricInfo{"vedette_store_evidence_bytes", "Events kept as evidence."},
    MetricInfo{"vedette_store_full", "1 while the disk is full and nothing is received."},
    MetricInfo{"vedette_store_inbox_entries", "Batches received and not yet applied."},
    MetricInfo{"vedette_store_rejects", "Refused records that are kept; `vedette store rejects` shows them."},
    MetricInfo{"vedette_store_rejects_dropped_total", "Refused records that gave way to newer ones."},
    MetricInfo{"vedette_store_sync_max_seconds", "The slowest synced write since the start."},
    MetricInfo{"vedette_store_sync_seconds_total", "Time spent in synced writes."},
    MetricInfo{"vedette_store_writes_total", "Synced writes."},
    MetricInfo{"vedette_wall_clock_difference_seconds", "The wall clock minus the time that the service goes by."},
    MetricInfo{"vedette_window_budget_bytes", "What the windows of all rules may take."},
    MetricInfo{"vedette_window_bytes", "What a correlation's windows take of the budget."},
    MetricInfo{"vedette_window_evictions_total", "What a correlation forgot because memory ran out."},
    MetricInfo{"vedette_window_keys", "Groups that a correlation holds."},
};

}  // namespace vedette::app
