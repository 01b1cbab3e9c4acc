// How to mend what a diagnostic code reports, beyond the help that the diagnostic itself gives. Constants; any thread.
#pragma once

#include <string_view>

namespace vedette::rules::reference {

struct Remedy {
  std::string_view code;
  std::string_view text;
};

inline constexpr Remedy kRemedies[] = {
    {"V0001",
     "Look at the place under the caret and the lines above it: indentation by blanks only, a blank behind every `:`, and quotes "
     "around values that begin with one of `*&!%@>|[{` or hold `: ` or ` #`."},
    {"V0002",
     "Write the value out where it is used. Anchors and aliases make a rule depend on text elsewhere in the file and can blow up "
     "to any size, so no Sigma rule uses them."},
    {"V0003", "Write the keys out. In files of several documents, `action: global` shares keys among them."},
    {"V0004",
     "Keep one of the two. For two conditions on the same field use two different modifier chains (`field|startswith` and "
     "`field|endswith`), two selections, or `field|contains|all` with a list."},
    {"V0005",
     "Remove the tag. Scalars are compared by the text you write, so nothing needs to be cast; quote a value to be sure of its "
     "text."},
    {"V0006", "Remove the character, or write it as an escape inside double quotes: `\"\\t\"`."},
    {"V0007", "Save the file as UTF-8."},
    {"V0008",
     "Split the file, one document or a few a file. Long lists of values belong into a list file, named with `|expand`."},
    {"V0009", "Take the innermost levels out into selections or documents of their own."},
    {"V0010", "Split the file; long lists of values belong into a list file, named with `|expand`."},
    {"V0011", "Close the quote. Inside single quotes, a single quote is written twice: `'it''s'`."},
    {"V0012", "A key is a text. Quote it when it begins with a character that means something in YAML, such as `*` or `{`."},
    {"V1001",
     "Give the document `logsource` and `detection` (a rule), `correlation` (a correlation) or `filter` (a filter), at the left "
     "margin."},
    {"V1002", "Add the key; the help shows an example. [The reference](../reference.md) marks the keys that are needed."},
    {"V1003",
     "Give the key the kind of value that the message asks for; [the reference](../reference.md) has an example of every key."},
    {"V1004",
     "Use one of [Sigma's modifiers](../reference.md#modifiers). Transforms such as `lower` belong to `group-by` and `aliases`; "
     "detection values ignore case anyway."},
    {"V1005",
     "Modifiers are applied from left to right. Encodings come before `contains`, `re` comes first and takes only `i`, `m`, `s`, "
     "and tests of different kinds cannot be joined: use two items instead."},
    {"V1006",
     "Change the value or the modifier: numbers for `gt` and the like, `true` or `false` for `exists`, a network for `cidr`, "
     "`%name%` for `expand`."},
    {"V1007",
     "Regular expressions are RE2: no look-around, no back references, at most 1 KiB. Most needs are met by wildcards or by "
     "several items with `not`."},
    {"V1008", "Write an address and a prefix length: `10.0.0.0/8`, `2001:db8::/32`. One address alone is fine, too."},
    {"V1009",
     "A field is keys joined by dots. Array members are chosen by `[0]` or `[type=User]`; transforms follow behind `|` only "
     "where [the reference](../reference.md#fields) says so."},
    {"V1010", "Give at least one item or value, or remove the selection and its name from the condition."},
    {"V1011", "Use `informational`, `low`, `medium`, `high` or `critical`."},
    {"V1012",
     "Give one of the documents a new random UUID: alert ids are made of it. Copies of a file in two of the given folders are "
     "the usual cause."},
    {"V1013", "Give one of them another name: correlations refer to rules by name."},
    {"V1014",
     "Put a file of that name into the folder of lists (`name.txt`, `name.yml`, `name.csv`), and name the folder with `--lists` "
     "or `rules.lists`."},
    {"V1015", "`suppress: {by: [fields], for: duration}`; rules need `for`."},
    {"V1016", "`action` is `global`, `reset` or `repeat`; most files need none of them."},
    {"V1017", "Use an IANA name such as `Europe/Berlin` or `America/New_York`; abbreviations such as CET are ambiguous."},
    {"V1101",
     "Conditions are names joined by `and`, `or`, `not` and parentheses, and `1 of x*`, `all of x*`, `1 of them`, `all of "
     "them`."},
    {"V1102", "Name a selection of `detection`, or add it. Names count with case."},
    {"V1103",
     "Let the pattern match at least one selection; a pattern without a match would silently be true or false for ever."},
    {"V1104", "Write the correlation document that the help spells out: it does the same with an exact window."},
    {"V1105", "Count the parentheses; each one that is opened must be closed."},
    {"V1106",
     "`1 of` and `all of` exist. For \"2 of\", write the combinations out, or use a `temporal` correlation with `condition: "
     "{gte: 2}`."},
    {"V1107", "Give parts of the condition to selections of their own."},
    {"V1201", "Use one of [the types](../reference.md#types)."},
    {"V1202",
     "Check the indentation: `type`, `rules`, `group-by`, `timespan`, `condition` and `aliases` stand inside `correlation`; "
     "`title`, `level`, `tags` and `alert` beside it."},
    {"V1203", "Give the rule that `name`, or load its file together with this one: `--rules` takes folders."},
    {"V1204", "Remove the second; to ask for several events of one rule use `event_count`."},
    {"V1205", "A number and one of `s m h d w`, at most ten years: `90s`, `10m`, `24h`, `14d`, `2w`."},
    {"V1206", "Say how many: `condition: {gte: 10}`."},
    {"V1207",
     "Bounds are `gt gte lt lte eq neq` with a number; several make a range. A condition that can never or always hold is "
     "refused, because it is surely not what was meant. That nothing happened is said with `not` in a temporal condition."},
    {"V1208", "Name the field inside the condition: `condition: {field: actor.alternateId, gte: 5}`."},
    {"V1209",
     "Remove the condition: all rules must occur, in the order of `rules`. What must not occur is said with `not`: `condition: a "
     "and not b`."},
    {"V1210", "Give the alias a field for every rule of `rules`: without it, that rule's events belong to no group."},
    {"V1211", "`aliases: {name: {rule: field, other_rule: other_field}}`, with the rules' names as they stand in `rules`."},
    {"V1212", "List fields or aliases, each once; transforms follow behind `|`."},
    {"V1213", "Only members of the group can be suppressed by. Add the field to `group-by`, or leave `by` out."},
    {"V1214", "Let one of the correlations read the rules themselves instead of the other correlation."},
    {"V1215", "Let the outer correlations read rules instead of correlations where they can."},
    {"V1219", "`rules: {tags: [attack.credential-access]}`; at least one loaded rule must carry one of the tags."},
    {"V1220", "Remove the key, or use the type that it belongs to."},
    {"V1221", "`condition: {field: f, percentile: 95, gt: 1000}`."},
    {"V1222",
     "Conditions over rules join names with `and`, `or`, `not`; those of `metrics` compare values: `attempts >= 25 and attempts "
     "/ users <= 5`."},
    {"V1223", "Use names of `rules` (temporal types) or of `values`, `span`, `first`, `last` (metrics)."},
    {"V1224", "Compare before you join: `a >= 1 and b >= 1`, not `a and b >= 1`."},
    {"V1225", "Name each rule of `rules` once, or remove from `rules` what the condition does not need."},
    {"V1226", "`not` stands before a name at the top level, joined by `and` to something that must happen: `a and not b`."},
    {"V1227", "An order of alternatives is not defined. Use `temporal`, or write one correlation per order."},
    {"V1228", "`values: {attempts: count, denied: {count: rule}, users: {distinct: field}, bytes: {sum: field}}`."},
    {"V1229", "`until` names rules that are not in `rules`, with the same group-by."},
    {"V1230", "`export: {name: {distinct: field}}` on event_count, value_count, value_sum or metrics with lower bounds."},
    {"V1231", "`learn` is a duration or 0, `first` is `fire` or `ignore`."},
    {"V1232", "`decide: settled` or `eager`, on correlations that a late event can refute."},
    {"V1233",
     "A duration; `settle` and `max_hold` together must not be longer than the slowest source's `accept`, or late events could "
     "no longer be told from missing ones."},
    {"V1234", "Give the inner correlation `decide: settled`: then it speaks once and never takes it back."},
    {"V1235", "`condition: {speed_kmh: {gte: 900}, distance_km: {gte: 300}}`; only `gt` and `gte`."},
    {"V1251", "`alert: {title: 'text with {field} names'}`; `{{` and `}}` are braces. Quote a title that begins with a brace."},
    {"V1252", "A whole number from 0 to 1000000."},
    {"V1253", "A list of levels with their conditions: `level-when: [{critical: is_admin}]`."},
    {"V1254", "`rules: [names or ids]`, or `rules: any`."},
    {"V1255", "Year-month-day: `2026-12-31`."},
    {"V1256", "Name a loaded rule by `name` or `id`; load filters together with the rules they filter."},
    {"V1257", "Filter the rules that the correlation reads: correlations see what their rules let through."},
    {"V1401", "`target[any]: {type: User, displayName: Alice}`: one map of items that one member of the array must satisfy."},
    {"V1402", "Use `[any]`. For \"no member\", negate the selection in the condition."},
    {"V1403", "Write the inner fields as paths of the outer block, or as a second selection."},
    {"V1410", "`lookup: {table: admins.csv, key: actor.id, as: person}`; several lookups are a list of such maps."},
    {"V1411", "Put the CSV file into the folder of lists, named as in the rule."},
    {"V1412", "Use a column of the table's header row."},
    {"V1413", "Group, count and suppress by a field of the event; a looked-up field may be matched, and named in titles."},
    {"V1414", "The first row names the columns, all rows have as many cells; cells that hold commas are quoted."},
    {"V1420", "`enrich: {geo: client.ipAddress}`: a name, and the field that holds the address."},
    {"V1421", "Name the MaxMind files with `--enrich FILE` or, for the service, `enrich: {databases: [FILE]}`."},
    {"V2001", "Add `id:` with a random UUID (`uuidgen`)."},
    {"V2002", "Sigma asks for a random UUID, version 4; any unique text works here."},
    {"V2003", "Write the field as the source does. It is read as if you had."},
    {"V2004", "Put `field: null` into a selection of its own and join it with `or`: other tools refuse null in lists."},
    {"V2005", "Write the network's own address: `10.0.0.0/8` for `10.1.2.3/8`."},
    {"V2006", "Remove it; the window belongs to a correlation's `timespan`."},
    {"V2007",
     "Check the spelling of product, service and category; `vedette rules fields SOURCE` shows what each source type serves. "
     "`--logsource` says what generic JSON is, `--source-types` adds source types."},
    {"V2008", "Remove `all`, or give a list of values."},
    {"V2009", "Use `stable`, `test`, `experimental`, `deprecated` or `unsupported`."},
    {"V2010", "Use the selection in the condition or remove it. Names that begin with `_` may stay unused."},
    {"V2011", "Mend the rule that it refers to."},
    {"V2012", "Write the list's name between percent signs, or remove `expand`."},
    {"V2013", "Add `title:`; alerts and lists of rules show it."},
    {"V2014", "If the near name was meant, write it; if the field is new, add it to the source type's `fields`."},
    {"V2015",
     "Nearly always `condition: not selection` is meant: the filter's condition says what must be true for the rule to match."},
    {"V2016", "Let the filter's logsource say no more than those of the rules it names."},
    {"V2017", "Remove the entry: the highest level that holds counts, and the rule's own always does."},
    {"V2101", "Say how urgent it is. Sinks and people choose by level."},
    {"V2102",
     "Say how far it can be trusted: `test` at first, `stable` when it has proven itself, `experimental` to run it in shadow."},
    {"V2103", "Set `status: test` when its alerts should be sent."},
    {"V2104", "Say in a sentence what it finds and why that matters: whoever is paged reads it."},
    {"V2105", "Add `author:`; alerts of rules under the Detection Rule License must name whom they come from."},
    {"V2106", "Tags are `namespace.name` in lower case: `attack.t1110.003`, `attack.credential-access`, `cve.2024-1234`."},
    {"V2107", "Add the technique or tactic, so that `vedette rules coverage` counts the rule."},
    {"V2108", "Write `2026-05-04`."},
    {"V2109", "Correct one of the two dates."},
    {"V2110", "List what else looks like it; `falsepositives: [None known]` is an answer, too."},
    {"V2111", "Keep titles short and without a period; the rest belongs to `description`."},
    {"V2112",
     "Write the key as the help says. Sigma lets documents carry keys of their own, so the key as it stands is ignored "
     "silently."},
    {"V2113",
     "Write `x.test.yml` beside `x.yml`, with one case that fires and one that does not; [rules.md](../rules.md#tests) shows "
     "how."},
    {"V2114", "Add a case whose `expect` names the rule."},
    {"V2115", "Add a near miss: a case that is almost enough, with `expect: []`."},
    {"V2121",
     "Correct the name; `vedette rules fields okta --types` lists the catalogue. A new type of Okta's may be missing there; the "
     "rule works all the same."},
    {"V2122", "Read the System Log by another way (its API, a log stream, Kafka), or do without the type."},
    {"V2123", "Correct the pattern; `vedette rules fields okta --types` lists the catalogue."},
    {"V2124",
     "`vedette rules fields SOURCE` lists the fields, with your events what they hold. A field of your own belongs into the "
     "source type's `fields`."},
    {"V2125",
     "Correct the name. Rules of one product have that product's fields; [normalised names](../reference.md#normalised-names) "
     "such as `identity.user` exist only in rules whose `logsource` gives a `category`. What is called differently in each rule "
     "needs an [alias](../rules.md#names-that-differ-aliases)."},
    {"V2126", "Correct the name, or write `{{` and `}}` where braces are meant. A name that nothing fills is printed as `?`."},
    {"V2131", "Write the value alone."},
    {"V2132", "Remove one of them."},
    {"V2133", "Remove the wildcard, or the modifier."},
    {"V2134", "Write the value with `contains` instead: it is faster, and case does not count unless `cased`."},
    {"V2135", "Remove it: regular expressions are searched for anywhere."},
    {"V2136", "Write `field|re|i`."},
    {"V2137", "Fill the list, or remove the item: as it stands it matches nothing."},
    {"V2138", "Remove the blank if it is not meant; quotes keep it if it is."},
    {"V2139", "Use `cidr`: `client.ipAddress|cidr: 10.0.0.0/8`."},
    {"V2140", "Use `startswith`, `endswith` or `contains`: it says what is meant."},
    {"V2141", "Add what the events are. An item with `neq` is also true of every event without the field."},
    {"V2151", "Correct one of the selections: no event can satisfy both."},
    {"V2152", "Name the selection: a selection that is added later would change what the condition means."},
    {"V2153", "Add a positive selection; a rule that only excludes matches nearly every event of its log source."},
    {"V2161", "Shorten the timespan, or accept that its events are kept so long."},
    {"V2162", "Use a rule without correlation, or raise the bound."},
    {"V2163", "If windows that slide are meant, use `gte`; [semantics](../semantics.md) tells the difference."},
    {"V2164", "Say what is meant with `gte` and `lte`."},
    {"V2165", "Add `group-by` unless all events of a tenant are meant to count together."},
    {"V2166", "List a second rule, or use `event_count`."},
    {"V2167", "Group by an id or a login: names for people repeat and change."},
    {"V2168", "Add `generate: true` to the correlation if the rule should alert by itself, too."},
    {"V2171", "Remove the filter, or give it a new end: its events alert again."},
    {"V2172", "Decide in time whether the exception is still needed."},
    {"V2173", "Add `owner`, `reason` and `expires`: nobody removes an exception that nobody owns."},
    {"V2191", "Nothing needs to be mended unless the document is shared: other tools ignore the key."},
    {"V2192", "Nothing needs to be mended unless the document is shared: other tools refuse the type."},
    {"V2193", "Nothing needs to be mended unless the document is shared; Sigma knows plain paths only."},
    {"V2194", "Nothing needs to be mended unless the document is shared; others need a rule per product."},
    {"V2195", "Nothing needs to be mended unless the document is shared; write `suppress` to say how often it alerts."},
    {"V7001", "Use one of [the keys of source types](../reference.md#source-types)."},
    {"V7002", "Add the key; the help shows an example."},
    {"V7003", "Give the key the kind of value that the message asks for."},
    {"V7004", "Keys joined by dots, `[type=User]` for a member of an array, transforms behind `|` in `set`."},
    {"V7005", "A number and one of `s m h d w`: `90s`, `5m`, `6h`."},
    {"V7006", "Lower-case letters, digits and `_`: `google_workspace`."},
    {"V7007", "Use one of `iso8601`, `epoch_s`, `epoch_ms`, `epoch_us`, `epoch_ns`, `syslog`."},
    {"V7008", "Use an IANA name such as `Europe/Berlin`."},
    {"V7009", "All four digits: `2026`."},
    {"V7010", "`|upper` is the only transform of `canonical`; others belong to `set`."},
    {"V7011", "Use one of [the normalised names](../reference.md#normalised-names)."},
    {"V7012", "RE2 syntax, at most 1 KiB; split long ones into several patterns."},
    {"V7013", "Name the group in the regex: `(?P<repeat>\\d+)`."},
    {"V7101", "One value a line (`.txt`), a sequence of values (`.yml`), or values in the first column (`.csv`), in UTF-8."},
    {"V7102", "Add values, or remove the list: placeholders that name it match nothing."},
    {"V8001", "Use one of [the keys of rule tests](../reference.md#rule-tests)."},
    {"V8002", "Add the key; `expect: []` says that nothing may fire."},
    {"V8003", "Give the key the kind of value that the message asks for."},
    {"V8004", "`start: 2026-05-04T09:00:00Z`, `at: 8m20s`."},
    {"V8005", "Use the name of a source type: okta, aws_cloudtrail, sshd, json or one of yours (`--source-types`)."},
    {"V8006", "Name a rule of the test's rule files by name, id or title."},
    {"V8007", "`event` for JSON sources, `text` for text sources such as sshd."},
    {"V8008", "Paths in `rules` start at the test file's folder; without `rules`, x.test.yml tests x.yml."},
    {"V9001", "Use one of [the keys of the configuration](../reference.md#configuration)."},
    {"V9002", "Add the key; the help shows an example."},
    {"V9003", "Give the key the kind of value that the message asks for."},
    {"V9004", "Use one of the values that the message names."},
    {"V9005", "Remove it; the service refuses what it would otherwise silently ignore."},
    {"V9006", "Give each source and each sink a name of its own: logs, metrics and positions go by it."},
    {"V9007", "Refer to it: `{env: NAME}` or `{file: PATH}`, and change the secret that stood in the file."},
    {"V9008", "Set the variable or write the file where the service runs; it must not be empty."},
    {"V9009", "Keep one of the two, or make them agree; the help says what goes."},
    {"V9010", "Name a sink of `sinks`, or add it there."},
    {"V9011",
     "Give `tls`, or an https:// address. Where a proxy on the same machine does it, listen on a loopback address such as "
     "127.0.0.1."},
    {"V9012",
     "Told by `vedette check -c FILE --connect`, from the machine and user that it runs as. Start what does not answer, or "
     "mend its address, credentials, rights or certificate. The service itself starts without brokers and webhooks and waits "
     "for them."},
    {"V9013",
     "Nothing to do when it is the running service that is being checked. Otherwise end the other program, or choose "
     "another port."},
    {"V9014",
     "Write the rule's id, name or title, or the source type, as `vedette rules list` shows them. A route that "
     "matches nothing sends its alerts to every sink."},
};

// Empty when the table says nothing of the code.
[[nodiscard]] constexpr std::string_view remedy_of(std::string_view code) {
  for (const Remedy& remedy : kRemedies) {
    if (remedy.code == code) return remedy.text;
  }
  return {};
}

}  // namespace vedette::rules::reference
