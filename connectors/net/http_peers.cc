#include "connectors/net/http_peers.h"

namespace vedette::connectors {

void HttpPeers::add(const std::string& peer, Id id) {
  Peer& entry = peers_[peer];
  ++entry.connections;
  places_[id] = Place{peer, entry.waiting.insert(entry.waiting.end(), id)};
}

void HttpPeers::remove(Id id) {
  set_waiting(id, false);
  const auto place = places_.find(id);
  if (place == places_.end()) return;
  const auto peer = peers_.find(place->second.peer);
  if (--peer->second.connections == 0) peers_.erase(peer);
  places_.erase(place);
}

void HttpPeers::set_waiting(Id id, bool waiting) {
  const auto place = places_.find(id);
  if (place == places_.end()) return;
  std::list<Id>& list = peers_[place->second.peer].waiting;
  if (place->second.waiting) list.erase(*place->second.waiting);
  place->second.waiting.reset();
  if (waiting) place->second.waiting = list.insert(list.end(), id);
}

std::size_t HttpPeers::count(const std::string& peer) const {
  const auto found = peers_.find(peer);
  return found == peers_.end() ? 0 : found->second.connections;
}

std::optional<HttpPeers::Id> HttpPeers::longest_waiting(const std::string& peer) const {
  const auto found = peers_.find(peer);
  if (found == peers_.end() || found->second.waiting.empty()) return std::nullopt;
  return found->second.waiting.front();
}

}  // namespace vedette::connectors
