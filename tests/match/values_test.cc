#include "engine/match/values.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "engine/base/fold.h"
#include "engine/match/pattern_set.h"

namespace vedette::match {
namespace {

TEST(FoldView, AgreesWithFoldingAtEveryLengthAndByte) {
  std::mt19937_64 random(3);
  Arena arena;
  std::string buffer;
  for (std::size_t length = 0; length < 40; ++length) {
    for (int round = 0; round < 400; ++round) {
      std::string text;
      for (std::size_t i = 0; i < length; ++i) text += static_cast<char>(random() % 128);
      ASSERT_TRUE(is_ascii(text));
      ASSERT_EQ(fold_view(text, arena, buffer), folded(text)) << text;
      if (length == 0) continue;
      text[random() % length] = static_cast<char>(128 + random() % 128);
      ASSERT_FALSE(is_ascii(text));
      ASSERT_EQ(fold_view(text, arena, buffer), folded(text)) << text;
    }
  }
  const std::string plain = "already folded, and longer than a word";
  EXPECT_EQ(fold_view(plain, arena, buffer).data(), plain.data());
}

TEST(Wildcards, AgreeWithASlowMatcherOnRandomTexts) {
  using plan::Piece;
  using plan::PieceKind;
  const auto slow = [](const auto& self, const std::vector<Piece>& pieces, std::size_t piece, std::string_view text) -> bool {
    if (piece == pieces.size()) return text.empty();
    if (pieces[piece].kind == PieceKind::any_one) return !text.empty() && self(self, pieces, piece + 1, text.substr(1));
    if (pieces[piece].kind == PieceKind::literal) {
      return text.starts_with(pieces[piece].text) && self(self, pieces, piece + 1, text.substr(pieces[piece].text.size()));
    }
    for (std::size_t skip = 0; skip <= text.size(); ++skip) {
      if (self(self, pieces, piece + 1, text.substr(skip))) return true;
    }
    return false;
  };
  std::mt19937_64 random(5);
  std::size_t matched = 0;
  for (int round = 0; round < 200000; ++round) {
    std::vector<Piece> pieces;
    for (std::size_t n = random() % 7; n > 0; --n) {
      const std::size_t kind = random() % 4;
      if (kind == 0) pieces.push_back({PieceKind::any_one});
      if (kind == 1) pieces.push_back({PieceKind::any_many});
      if (kind >= 2) pieces.push_back({PieceKind::literal, random() % 2 == 0 ? "a" : random() % 2 == 0 ? "ab" : "b"});
    }
    std::string text;
    for (std::size_t n = random() % 9; n > 0; --n) text += random() % 2 == 0 ? 'a' : 'b';
    const bool want = slow(slow, pieces, 0, text);
    ASSERT_EQ(wildcard_match(pieces, text), want) << text;
    matched += want ? 1 : 0;
  }
  EXPECT_GT(matched, 20000u);
}

}  // namespace
}  // namespace vedette::match
