// Closed sets of values that a person may write: levels, states, modifiers, transforms, correlation types, time formats.
// The parsers look names up here. Constants; any thread.
#pragma once

#include "rules/reference/key.h"

namespace vedette::rules::reference {

// In the order of plan::Level.
inline constexpr std::array<Word, 5> kLevels = {{
    {"informational", "for the record"},
    {"low", "worth a look some day"},
    {"medium", "worth a look today; the default"},
    {"high", "somebody should look now"},
    {"critical", "wake somebody up"},
}};

inline constexpr std::array<Word, 5> kStates = {{
    {"stable", "in use for long, few false alarms"},
    {"test", "in use, still being tuned"},
    {"experimental", "never routed to sinks: a shadow rule"},
    {"deprecated", "replaced by another rule"},
    {"unsupported", "cannot be used as it is"},
}};

// In the order of rules::Modifier.
inline constexpr std::array<Word, 31> kModifiers = {{
    {"contains", "the value occurs anywhere in the field"},
    {"startswith", "the field starts with the value"},
    {"endswith", "the field ends with the value"},
    {"all", "all values of the list must be met, not just one"},
    {"exists", "`true`: the field is there, even when null; `false`: it is not"},
    {"cased", "upper and lower case count"},
    {"neq", "negates the whole item; true as well when the field is missing"},
    {"re", "the value is a regular expression (RE2), searched for anywhere, case counts"},
    {"i", "behind `re`: case does not count"},
    {"m", "behind `re`: `^` and `$` match at every line"},
    {"s", "behind `re`: `.` matches a newline too"},
    {"cidr", "the field is an address in this network (IPv4 or IPv6)"},
    {"lt", "the field is a number below the value"},
    {"lte", "the field is a number not above the value"},
    {"gt", "the field is a number above the value"},
    {"gte", "the field is a number not below the value"},
    {"windash", "a `-` of the value also stands for `/` and other dashes"},
    {"base64", "the field holds the value in Base64"},
    {"base64offset", "the same at any of the three offsets; with `contains`"},
    {"utf16", "before Base64: the value as UTF-16 with a byte order mark"},
    {"utf16le", "before Base64: the value as little-endian UTF-16"},
    {"utf16be", "before Base64: the value as big-endian UTF-16"},
    {"wide", "the same as `utf16le`"},
    {"fieldref", "the value is the name of another field to compare with"},
    {"expand", "`%name%` in the value stands for each value of the list `name`; with `all`, each of them must be met"},
    {"minute", "the minute of the field's time, 0 to 59"},
    {"hour", "the hour of the field's time, 0 to 23, in the rule's `timezone`"},
    {"day", "the day of the month, 1 to 31"},
    {"week", "the ISO week, 1 to 53"},
    {"month", "the month, 1 to 12"},
    {"year", "the year"},
}};

// In the order of plan::Transform.
inline constexpr std::array<Word, 7> kTransforms = {{
    {"lower", "in lower case"},
    {"upper", "in upper case"},
    {"local", "the part before the last `@`"},
    {"domain", "the part behind the last `@`"},
    {"session", "the part behind the last `/` or `:`"},
    {"cased", "compared with case"},
    {"person", "the person whose account it is; nothing for shared accounts"},
}};

// In the order of plan::CorrelationType.
inline constexpr std::array<Word, 12> kCorrelationTypes = {{
    {"event_count", "the number of events of a group within the timespan"},
    {"value_count", "the number of different values of a field"},
    {"temporal", "all of the rules, or as the condition says, in any order"},
    {"temporal_ordered", "all of the rules, in the order of the list"},
    {"value_sum", "the sum of a field, or of the rules' `risk`"},
    {"value_avg", "the average of a field, in windows that follow each other"},
    {"value_percentile", "a percentile of a field, in windows that follow each other"},
    {"value_median", "the median of a field, in windows that follow each other"},
    {"new_value", "a value that the group has not had within the timespan", true},
    {"value_change", "two events of a group that differ in a field", true},
    {"travel", "two places too far apart for the time between them", true},
    {"metrics", "a condition over several counts and sums", true},
}};

inline constexpr std::array<Word, 6> kTimeFormats = {{
    {"iso8601", "2026-05-04T09:00:00.123Z; without a zone it is UTC"},
    {"epoch_s", "seconds since 1970"},
    {"epoch_ms", "milliseconds since 1970"},
    {"epoch_us", "microseconds since 1970"},
    {"epoch_ns", "nanoseconds since 1970"},
    {"syslog", "May  4 09:00:00, with `timezone` and `year`"},
}};

inline constexpr std::array<Word, 11> kNormalisedNames = {{
    {"event.action", "what was done: login, mfa, sso, password_change, privilege_grant, ..."},
    {"event.outcome", "success, failure or unknown"},
    {"user.name", "the account that acted, as its system writes it"},
    {"user.email", "its address"},
    {"user.target.name", "the account that something was done to"},
    {"identity.user", "the person: one name over all systems"},
    {"source.ip", "the address the request came from"},
    {"session.id", "the session"},
    {"app.name", "the application that was opened"},
    {"device.id", "the device"},
    {"mfa.factor", "the factor that was used or changed"},
}};

}  // namespace vedette::rules::reference
