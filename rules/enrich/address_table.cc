#include "rules/enrich/address_table.h"

#include <fmt/format.h>
#include <maxminddb.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <memory>

#include "engine/base/digest.h"
#include "engine/match/address.h"

namespace vedette::rules {
namespace {

enum class Fact : std::uint8_t { country, city, location, asn, organization };

using Path = std::array<const char*, 4>;  // ends with a null
constexpr Path kCountry = {"country", "iso_code", nullptr};
constexpr Path kCity = {"city", "names", "en", nullptr};
constexpr Path kLatitude = {"location", "latitude", nullptr};
constexpr Path kLongitude = {"location", "longitude", nullptr};
constexpr Path kAsn = {"autonomous_system_number", nullptr};
constexpr Path kOrganization = {"autonomous_system_organization", nullptr};

class Database {
 public:
  static Result<std::unique_ptr<const Database>> open(const std::string& path) {
    std::unique_ptr<Database> made(new Database);
    const int status = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &made->db_);
    if (status != MMDB_SUCCESS) return Error{fmt::format("not a MaxMind DB file: {}", MMDB_strerror(status)), path};
    made->open_ = true;
    const std::string_view type = made->db_.metadata.database_type;
    const auto is = [&](std::string_view word) { return type.find(word) != std::string_view::npos; };
    const bool all = is("Enterprise");
    if (all || is("City")) made->facts_ = {Fact::country, Fact::city, Fact::location};
    if (is("Country")) made->facts_ = {Fact::country};
    if (all || is("ASN") || is("ISP")) made->facts_.insert(made->facts_.end(), {Fact::asn, Fact::organization});
    if (made->facts_.empty()) {
      return Error{fmt::format("a database of type {} says nothing that rules can use; City, Country, ASN, ISP and Enterprise do",
                               type.empty() ? "(none)" : type),
                   path};
    }
    return std::unique_ptr<const Database>(std::move(made));
  }

  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() {
    if (open_) MMDB_close(&db_);
  }

  [[nodiscard]] const std::vector<Fact>& facts() const { return facts_; }
  [[nodiscard]] std::string_view bytes() const {
    return {reinterpret_cast<const char*>(db_.file_content), static_cast<std::size_t>(db_.file_size)};
  }

  bool find(const match::Address& address, Fact fact, std::string& out) const {
    MMDB_lookup_result_s found = look_up(address);
    if (!found.found_entry) return false;
    switch (fact) {
      case Fact::country:
        return text(found.entry, kCountry, out);
      case Fact::city:
        return text(found.entry, kCity, out);
      case Fact::location:
        return location(found.entry, out);
      case Fact::asn:
        return number(found.entry, kAsn, out);
      case Fact::organization:
        return text(found.entry, kOrganization, out);
    }
    return false;
  }

 private:
  Database() = default;

  MMDB_lookup_result_s look_up(const match::Address& address) const {
    int error = MMDB_SUCCESS;
    MMDB_lookup_result_s found{};
    if (match::is_ipv4(address)) {
      sockaddr_in v4{};
      v4.sin_family = AF_INET;
      std::memcpy(&v4.sin_addr, address.data() + 12, 4);
      found = MMDB_lookup_sockaddr(&db_, reinterpret_cast<const sockaddr*>(&v4), &error);
    } else {
      sockaddr_in6 v6{};
      v6.sin6_family = AF_INET6;
      std::memcpy(&v6.sin6_addr, address.data(), address.size());
      found = MMDB_lookup_sockaddr(&db_, reinterpret_cast<const sockaddr*>(&v6), &error);
    }
    if (error != MMDB_SUCCESS) found.found_entry = false;
    return found;
  }

  static bool value(MMDB_entry_s entry, const Path& path, MMDB_entry_data_s& data) {
    return MMDB_aget_value(&entry, &data, path.data()) == MMDB_SUCCESS && data.has_data;
  }

  static bool text(const MMDB_entry_s& entry, const Path& path, std::string& out) {
    MMDB_entry_data_s data;
    if (!value(entry, path, data) || data.type != MMDB_DATA_TYPE_UTF8_STRING || data.data_size == 0) return false;
    out.append(data.utf8_string, data.data_size);
    return true;
  }

  static bool number(const MMDB_entry_s& entry, const Path& path, std::string& out) {
    MMDB_entry_data_s data;
    if (!value(entry, path, data) || data.type != MMDB_DATA_TYPE_UINT32) return false;
    fmt::format_to(std::back_inserter(out), "{}", data.uint32);
    return true;
  }

  static bool location(const MMDB_entry_s& entry, std::string& out) {
    MMDB_entry_data_s latitude, longitude;
    if (!value(entry, kLatitude, latitude) || latitude.type != MMDB_DATA_TYPE_DOUBLE) return false;
    if (!value(entry, kLongitude, longitude) || longitude.type != MMDB_DATA_TYPE_DOUBLE) return false;
    fmt::format_to(std::back_inserter(out), "{},{}", latitude.double_value, longitude.double_value);
    return true;
  }

  MMDB_s db_{};
  bool open_ = false;
  std::vector<Fact> facts_;
};

class AddressTable final : public plan::ValueTable {
 public:
  explicit AddressTable(std::vector<std::unique_ptr<const Database>> databases) : databases_(std::move(databases)) {
    std::vector<std::string_view> parts = {"vedette.addresses.v1"};
    for (const auto& database : databases_) {
      parts.push_back(database->bytes());
      for (const Fact fact : database->facts()) {
        const std::string name{address_facts()[static_cast<std::size_t>(fact)].name};
        if (std::find(columns_.begin(), columns_.end(), name) != columns_.end()) continue;
        columns_.push_back(name);
        sources_.push_back({database.get(), fact});
      }
    }
    hash_ = to_hex(digest_parts(parts), 8);
  }

  [[nodiscard]] const std::vector<std::string>& columns() const override { return columns_; }
  [[nodiscard]] bool find(std::string_view key, std::uint32_t column, std::string& out) const override {
    const auto address = match::parse_address(key);
    return address && sources_[column].database->find(*address, sources_[column].fact, out);
  }
  [[nodiscard]] const std::string& content_hash() const override { return hash_; }

 private:
  struct Source {
    const Database* database = nullptr;
    Fact fact = Fact::country;
  };
  std::vector<std::unique_ptr<const Database>> databases_;
  std::vector<std::string> columns_;
  std::vector<Source> sources_;  // one per column
  std::string hash_;
};

}  // namespace

const std::vector<AddressFact>& address_facts() {
  // In the order of Fact.
  static const std::vector<AddressFact> kFacts = {{"country", "City or Country"},
                                                  {"city", "City"},
                                                  {"location", "City"},
                                                  {"asn", "ASN or ISP"},
                                                  {"organization", "ASN or ISP"}};
  return kFacts;
}

Result<plan::ValueTablePtr> open_addresses(const std::vector<std::string>& paths) {
  std::vector<std::unique_ptr<const Database>> databases;
  for (const std::string& path : paths) {
    auto database = Database::open(path);
    if (!database) return database.error();
    databases.push_back(std::move(database).value());
  }
  return plan::ValueTablePtr(std::make_shared<const AddressTable>(std::move(databases)));
}

}  // namespace vedette::rules
