#include <string>
#include <vector>

#include "sim/cli/command.hpp"

int main(int argc, char** argv) {
  return sharesim::cli::run_cli(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
}
