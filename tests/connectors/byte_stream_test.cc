// Files and archives as byte streams: formats by content, several members, truncation, damage, bombs.
#include "connectors/sources/byte_stream.h"

#include "tests/connectors/support.h"

namespace vedette::connectors {
namespace {

using testing::gzip;
using testing::TempDir;
using testing::zstd;

struct Outcome {
  std::string text;
  std::string error;
  std::uint64_t read = 0, total = 0;
};

Outcome read_all(const std::string& path, std::size_t block = 4096, DecompressLimits limits = {}) {
  Outcome out;
  auto stream = open_byte_stream(path, limits);
  if (!stream.ok()) return {"", stream.error().to_string(), 0, 0};
  std::string buffer(block, '\0');
  for (;;) {
    auto n = (*stream)->read(buffer.data(), buffer.size());
    if (!n.ok()) {
      out.error = n.error().to_string();
      break;
    }
    if (*n == 0) break;
    out.text.append(buffer, 0, *n);
  }
  out.read = (*stream)->bytes_read();
  out.total = (*stream)->bytes_total();
  return out;
}

// Text that does not compress to nothing.
std::string noise(std::size_t size) {
  std::string out;
  std::uint64_t state = 88172645463325252u;
  while (out.size() < size) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    out += std::to_string(state) + "\n";
  }
  out.resize(size);
  return out;
}

TEST(ByteStream, ReadsPlainAndPackedAlikeWhateverTheName) {
  const TempDir dir;
  const std::string text = noise(300'000);
  const std::string packed_gz = gzip(text), packed_zst = zstd(text);
  for (const std::string& path : {dir.write("a.json", text), dir.write("a.json.gz", packed_gz), dir.write("b", packed_gz),
                                  dir.write("a.json.zst", packed_zst), dir.write("c.log", packed_zst)}) {
    for (const std::size_t block : {1ul, 7ul, 4096ul, 1ul << 20}) {
      const Outcome out = read_all(path, block);
      EXPECT_EQ(out.error, "") << path;
      EXPECT_TRUE(out.text == text) << path << " block " << block;
      EXPECT_EQ(out.read, out.total) << path;
      EXPECT_EQ(out.total, std::filesystem::file_size(path));
    }
  }
}

TEST(ByteStream, JoinsMembersAndFrames) {
  const TempDir dir;
  const std::string a = noise(70'000), b = "second\n", c = noise(200'000);
  EXPECT_TRUE(read_all(dir.write("m.gz", gzip(a) + gzip("") + gzip(b) + gzip(c))).text == a + b + c);
  const std::string skippable("\x50\x2a\x4d\x18\x03\x00\x00\x00xyz", 11);
  const Outcome frames = read_all(dir.write("m.zst", skippable + zstd(a) + skippable + zstd(b) + zstd("") + zstd(c)));
  EXPECT_EQ(frames.error, "");
  EXPECT_TRUE(frames.text == a + b + c);
}

TEST(ByteStream, ToleratesZeroPaddingAfterGzipButNothingElse) {
  const TempDir dir;
  const Outcome padded = read_all(dir.write("p.gz", gzip("text\n") + std::string(200'000, '\0')));
  EXPECT_EQ(padded.error, "");
  EXPECT_EQ(padded.text, "text\n");
  const Outcome trailing = read_all(dir.write("t.gz", gzip("text\n") + "trailing"));
  EXPECT_EQ(trailing.text, "text\n");
  EXPECT_NE(trailing.error.find("t.gz: the gzip data is followed by other bytes"), std::string::npos) << trailing.error;
  EXPECT_NE(read_all(dir.write("q.gz", gzip("text\n") + std::string(10, '\0') + "x")).error, "");
  EXPECT_NE(read_all(dir.write("t.zst", zstd("text\n") + "trailing")).error, "");
}

// Every cut of a small archive is an error that names the file, and what came before it is still delivered.
TEST(ByteStream, EveryTruncationIsAnError) {
  const TempDir dir;
  const std::string text = noise(600);
  for (const auto& [name, packed] : {std::pair{"cut.gz", gzip(text)}, std::pair{"cut.zst", zstd(text)}}) {
    for (std::size_t size = 0; size < packed.size(); ++size) {
      const Outcome out = read_all(dir.write(name, packed.substr(0, size)));
      EXPECT_NE(out.error.find(name), std::string::npos) << size;
      EXPECT_TRUE(text.starts_with(out.text)) << size;
    }
  }
  const std::string two = gzip("first\n") + gzip("second\n");
  const Outcome out = read_all(dir.write("two.gz", two.substr(0, two.size() - 3)));
  EXPECT_EQ(out.text, "first\nsecond\n");
  EXPECT_NE(out.error.find("ends in the middle (at byte " + std::to_string(two.size() - 3)), std::string::npos) << out.error;
}

TEST(ByteStream, DamageIsAnError) {
  const TempDir dir;
  for (const auto& [name, packed] : {std::pair{"bad.gz", gzip(noise(5000))}, std::pair{"bad.zst", zstd(noise(5000))}}) {
    std::string damaged = packed;
    for (std::size_t i = damaged.size() / 2; i < damaged.size() / 2 + 20; ++i) damaged[i] = static_cast<char>(~damaged[i]);
    if (std::string(name) == "bad.zst") damaged = damaged.substr(0, 4) + "\xff\xff\xff" + damaged.substr(7);
    EXPECT_NE(read_all(dir.write(name, damaged)).error.find("is damaged"), std::string::npos) << name;
  }
}

TEST(ByteStream, ANameThatPromisesAnArchiveMustKeepIt) {
  const TempDir dir;
  EXPECT_NE(read_all(dir.write("plain.gz", "{}\n")).error.find("named like a gzip archive"), std::string::npos);
  EXPECT_NE(read_all(dir.write("plain.zst", "{}\n")).error.find("named like a zstd archive"), std::string::npos);
  EXPECT_NE(read_all(dir.write("swapped.zst", gzip("{}\n"))).error, "");
}

TEST(ByteStream, StopsBombsAndNamesTheFile) {
  const TempDir dir;
  const std::string zeros(96 << 20, '\0');
  for (const std::string& path : {dir.write("bomb.gz", gzip(zeros)), dir.write("bomb.zst", zstd(zeros))}) {
    const Outcome out = read_all(path, 1 << 20);
    EXPECT_NE(out.error.find("decompression bomb"), std::string::npos) << out.error;
    EXPECT_EQ(out.error.find(path), 0u);
    EXPECT_GE(out.text.size(), 64u << 20);
    EXPECT_LE(out.text.size(), 65u << 20);
  }
  // Up to 64 MiB any ratio is fine.
  EXPECT_EQ(read_all(dir.write("dense.gz", gzip(zeros.substr(0, 60 << 20))), 1 << 20).error, "");
}

TEST(ByteStream, RefusesLargeZstdWindows) {
  const TempDir dir;
  const Outcome out = read_all(dir.write("wide.zst", zstd(noise(1000), 28)));
  EXPECT_NE(out.error.find("window over 2^27"), std::string::npos) << out.error;
  EXPECT_EQ(read_all(dir.write("fine.zst", zstd(noise(1000), 27))).error, "");
}

TEST(ByteStream, MissingFilesAndDirectoriesAreErrors) {
  const TempDir dir;
  EXPECT_NE(read_all(dir.file("none")).error.find("No such file"), std::string::npos);
  EXPECT_NE(read_all(dir.file("")).error.find("is a directory"), std::string::npos);
}

TEST(ByteStream, EmptyFilesAreEmpty) {
  const TempDir dir;
  const Outcome out = read_all(dir.write("empty.json", ""));
  EXPECT_EQ(out.error, "");
  EXPECT_EQ(out.text, "");
}

TEST(Gunzip, IsBoundedAndStrict) {
  const std::string text = noise(10'000);
  std::string out;
  EXPECT_EQ(gunzip(gzip(text), 10'000, out), Unpacked::whole);
  EXPECT_TRUE(out == text);
  EXPECT_EQ(gunzip(gzip(text) + gzip("x"), 10'001, out), Unpacked::whole);
  EXPECT_TRUE(out == text + "x");
  EXPECT_EQ(gunzip(gzip(text), 9'999, out), Unpacked::too_large);
  EXPECT_EQ(gunzip(gzip(std::string(50 << 20, '\0')), 1 << 20, out), Unpacked::too_large);
  EXPECT_LE(out.size(), 2u << 20);
  const std::string packed = gzip(text);
  EXPECT_EQ(gunzip(packed.substr(0, packed.size() - 1), 20'000, out), Unpacked::damaged);
  EXPECT_EQ(gunzip("not gzip", 100, out), Unpacked::damaged);
  EXPECT_EQ(gunzip("", 100, out), Unpacked::damaged);
}

}  // namespace
}  // namespace vedette::connectors
