// The language as data: every key a person may write, with its shape, one line of help and an example. The parsers take
// the names they accept from these tables (names_of), and the JSON Schemas and the reference are printed from them, so
// that neither can know a key that the other does not. Constants; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace vedette::rules::reference {

// What a key holds. Lists of a shape also take a single one of it where the name says `or`.
enum class Shape : std::uint8_t {
  text,       // any scalar, by its source text
  texts,      // one text or a list of them
  text_map,   // any name -> text
  texts_map,  // any name -> one text or a list of them
  whole,      // a whole number from 0
  number,     // a decimal number
  boolean,    // true or false
  date,       // 2026-05-04, also with slashes
  time,       // 2026-05-04T09:00:00Z
  duration,   // 90s, 10m, 24h, 14d, 2w
  duration_or_zero,
  offset,       // 8m20s: a sum of durations
  word,         // one of Key::words
  field,        // a field path: actor.alternateId
  fields,       // one or a list of them
  expression,   // a field path with transforms: actor.alternateId|lower
  expressions,  // one or a list of them
  map,          // Key::inner
  maps,         // one map of Key::inner or a list of them
  map_of_maps,  // any name -> Key::inner
  list,         // a list of Key::inner, never a lone one
  selection,    // what events look like
  condition,    // a text, or a list of texts
  special,      // Key::schema tells
};

// One of a closed set of values.
struct Word {
  std::string_view name;
  std::string_view help;
  bool extension = false;  // beyond Sigma 2.1
};

struct Table;

struct Key {
  std::string_view name;
  Shape shape = Shape::text;
  std::string_view help;
  std::string_view example;  // as written behind `name: `
  bool required = false;
  bool extension = false;            // beyond Sigma 2.1
  std::span<const Word> words = {};  // Shape::word
  const Table* inner = nullptr;      // maps
  std::string_view schema = {};      // Shape::special: JSON Schema text
  std::string_view shown = {};       // Shape::special: the type as the reference shows it
};

// The keys of one kind of map.
struct Table {
  std::string_view id;    // name in the schemas' $defs and anchor in the reference
  std::string_view what;  // "a correlation"
  std::span<const Key> keys;
  bool open = false;  // further keys are allowed and mean nothing
};

// The names of a table, as the parsers' lists of known keys.
template <std::size_t N>
[[nodiscard]] constexpr std::array<std::string_view, N> names_of(const std::array<Key, N>& keys) {
  std::array<std::string_view, N> out{};
  for (std::size_t i = 0; i < N; ++i) out[i] = keys[i].name;
  return out;
}
template <std::size_t N>
[[nodiscard]] constexpr std::array<std::string_view, N> names_of(const std::array<Word, N>& words) {
  std::array<std::string_view, N> out{};
  for (std::size_t i = 0; i < N; ++i) out[i] = words[i].name;
  return out;
}

template <std::size_t N, std::size_t M>
[[nodiscard]] constexpr std::array<Key, N + M> joined(const std::array<Key, N>& first, const std::array<Key, M>& second) {
  std::array<Key, N + M> out{};
  for (std::size_t i = 0; i < N; ++i) out[i] = first[i];
  for (std::size_t i = 0; i < M; ++i) out[N + i] = second[i];
  return out;
}

[[nodiscard]] constexpr const Key* find_key(std::span<const Key> keys, std::string_view name) {
  for (const Key& key : keys) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

}  // namespace vedette::rules::reference
