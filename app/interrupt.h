// ^C and SIGTERM as a flag that long loops look at; a second ^C ends the process at once. A pipe closed by its reader is
// a write error and no signal. Handlers are installed once by the main thread; the flag may be read by any thread.
#pragma once

namespace vedette::app {

void install_interrupt_handler();
[[nodiscard]] bool interrupted();
// The signal that came, or 0.
[[nodiscard]] int interrupt_signal();
// Sleeps until a signal comes or the time is over; true when interrupted.
[[nodiscard]] bool wait_for_interrupt(int milliseconds);

// SIGHUP came since the last call.
[[nodiscard]] bool take_reload_signal();

}  // namespace vedette::app
