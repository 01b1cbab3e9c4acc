#include "connectors/net/inherited_sockets.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>

#include "connectors/net/listen_address.h"

namespace vedette::connectors {
namespace {

namespace ip = boost::asio::ip;

constexpr int kFirstDescriptor = 3;
constexpr int kMostDescriptors = 256;

std::optional<long> number(const char* text) {
  if (text == nullptr) return std::nullopt;
  const std::string_view digits(text);
  long value = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (parsed.ec != std::errc{} || parsed.ptr != digits.data() + digits.size()) return std::nullopt;
  return value;
}

// Where a listening TCP socket is bound; nothing when it is none.
std::optional<ip::tcp::endpoint> bound_address(int descriptor) {
  int listening = 0;
  socklen_t size = sizeof listening;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || listening == 0) return std::nullopt;
  ip::tcp::endpoint endpoint;
  socklen_t length = static_cast<socklen_t>(endpoint.capacity());
  if (::getsockname(descriptor, endpoint.data(), &length) != 0) return std::nullopt;
  if (endpoint.data()->sa_family != AF_INET && endpoint.data()->sa_family != AF_INET6) return std::nullopt;
  endpoint.resize(length);
  return endpoint;
}

// Addresses that name the same listener are equal text: any address of either family is "*".
std::string comparable(const std::string& address) {
  const auto parsed = parse_address(address);
  if (!parsed) return address;
  return parsed->address().is_unspecified() ? fmt::format("*:{}", parsed->port()) : to_text(*parsed);
}

}  // namespace

InheritedSockets::~InheritedSockets() {
  for (const InheritedSocket& socket : sockets_) ::close(socket.descriptor);
}

Status InheritedSockets::read_environment() {
  const auto process = number(std::getenv("LISTEN_PID"));
  const auto count = number(std::getenv("LISTEN_FDS"));
  const char* given = std::getenv("LISTEN_FDNAMES");
  const std::string names = given == nullptr ? "" : given;
  for (const char* variable : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(variable);
  if (!process || !count || *process != static_cast<long>(::getpid())) return {};
  if (*count < 0 || *count > kMostDescriptors) return Error{fmt::format("more than {} sockets", kMostDescriptors), "LISTEN_FDS"};
  return adopt(kFirstDescriptor, static_cast<int>(*count), names);
}

Status InheritedSockets::adopt(int first, int count, std::string_view names) {
  for (int descriptor = first; descriptor < first + count; ++descriptor) {
    const std::size_t colon = names.find(':');
    const std::string name(names.substr(0, colon));
    names = colon == std::string_view::npos ? std::string_view{} : names.substr(colon + 1);
    const auto endpoint = bound_address(descriptor);
    if (!endpoint) {
      return Error{fmt::format("descriptor {} is no listening TCP socket: the socket unit needs ListenStream= with an "
                               "address and a port",
                               descriptor),
                   name};
    }
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    sockets_.push_back({descriptor, name, to_text(*endpoint)});
  }
  return {};
}

int InheritedSockets::take(const std::string& address, const std::vector<std::string>& names) {
  const std::string wanted = comparable(address);
  auto found = std::find_if(sockets_.begin(), sockets_.end(),
                            [&](const InheritedSocket& socket) { return comparable(socket.address) == wanted; });
  if (found == sockets_.end()) {
    found = std::find_if(sockets_.begin(), sockets_.end(), [&](const InheritedSocket& socket) {
      return !socket.name.empty() && std::find(names.begin(), names.end(), socket.name) != names.end();
    });
  }
  if (found == sockets_.end()) return -1;
  const int descriptor = found->descriptor;
  sockets_.erase(found);
  return descriptor;
}

}  // namespace vedette::connectors
