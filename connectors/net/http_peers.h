// Who holds how many connections, and which of them only wait (for a handshake, a first byte, the rest of a header or body),
// in the order in which they began to. Owned by one server, used on its thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

namespace vedette::connectors {

class HttpPeers {
 public:
  using Id = std::uint64_t;  // of a connection

  // A new connection waits.
  void add(const std::string& peer, Id id);
  void remove(Id id);
  // Begins to wait, from now on also when it did before, or is busy.
  void set_waiting(Id id, bool waiting);
  [[nodiscard]] std::size_t count(const std::string& peer) const;
  // The connection of the peer that has been waiting longest; nothing when all are busy.
  [[nodiscard]] std::optional<Id> longest_waiting(const std::string& peer) const;

 private:
  struct Peer {
    std::size_t connections = 0;
    std::list<Id> waiting;  // the longest first
  };
  struct Place {
    std::string peer;
    std::optional<std::list<Id>::iterator> waiting;
  };
  std::unordered_map<std::string, Peer> peers_;
  std::unordered_map<Id, Place> places_;
};

}  // namespace vedette::connectors
