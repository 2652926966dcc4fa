// A Bulker to try the sidecar against by hand. GET /tables shows what came; on
// SIGTERM or SIGINT the same is printed and the program ends.

#include "support/bulker_stand_in.hpp"

#include <CLI/CLI.hpp>

#include <csignal>
#include <exception>
#include <iostream>

int main(int argc, char** argv) {
  using namespace motorcade::support;
  stand_in_settings settings;
  std::vector<std::string> destinations;
  bool count_only = false;
  CLI::App app{"A stand-in for a Bulker server, with tables in memory"};
  app.add_option("--address", settings.address, "Where to listen, 127.0.0.1");
  app.add_option("--port", settings.port, "Port there; 0: any free one");
  app.add_option("--token", settings.token, "The only token that is accepted")
      ->envname("BULKER_AUTH_TOKEN");
  app.add_option("--destination", destinations,
                 "A connection id that exists; none given: all do");
  app.add_flag("--count-only", count_only, "Count rows, do not keep them");
  CLI11_PARSE(app, argc, argv);
  settings.destinations = {destinations.begin(), destinations.end()};
  settings.keep_rows = !count_only;
  settings.refuse_empty_rows = true;
  // Before there are threads, so that all of them leave the signals to us.
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  try {
    bulker_stand_in server{std::move(settings)};
    std::cerr << "listening on " << server.url() << std::endl;
    int signal = 0;
    ::sigwait(&signals, &signal);
    std::cout << server.dump() << std::flush;
  } catch (const std::exception& e) {
    std::cerr << "bulker-stand-in: " << e.what() << '\n';
    return 1;
  }
}
