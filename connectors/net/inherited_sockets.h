// Listening sockets that this process was started with (systemd's socket activation): while it restarts they go on
// collecting connections, so none is refused. Each is taken by one listener. Not thread-safe: for the start of the service.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace vedette::connectors {

struct InheritedSocket {
  int descriptor = -1;
  std::string name;     // from LISTEN_FDNAMES, FileDescriptorName= of the socket unit
  std::string address;  // "127.0.0.1:8088"
};

class InheritedSockets {
 public:
  InheritedSockets() = default;
  ~InheritedSockets();  // closes what nobody took
  InheritedSockets(const InheritedSockets&) = delete;
  InheritedSockets& operator=(const InheritedSockets&) = delete;

  // From LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES, which are removed from the environment. None when they are absent or
  // meant for another process; an Error when a descriptor is no listening TCP socket.
  [[nodiscard]] Status read_environment();
  // `names`: as in LISTEN_FDNAMES, separated by colons; may be empty or short.
  [[nodiscard]] Status adopt(int first, int count, std::string_view names);

  // The descriptor that is bound to the address ("0.0.0.0" and "[::]" are the same), else one with one of the names; -1:
  // none. The caller owns it.
  [[nodiscard]] int take(const std::string& address, const std::vector<std::string>& names);
  // What nobody has taken yet.
  [[nodiscard]] const std::vector<InheritedSocket>& left() const { return sockets_; }

 private:
  std::vector<InheritedSocket> sockets_;
};

}  // namespace vedette::connectors
