// sharesim starve: searches for what a task would have to do to harm another one most.

#include <string>
#include <utility>
#include <vector>

#include "sim/cli/interrupt.hpp"
#include "sim/cli/outcome.hpp"
#include "sim/cli/starve_request.hpp"
#include "sim/cli/starve_search.hpp"
#include "sim/output/attack_table.hpp"

namespace sharesim::cli {
namespace {

void print(Console& out, const StarveRequest& request, const AttackQuestion& question,
           const std::vector<AttackRow>& rows) {
  switch (request.format) {
    case Format::kTable:
      out.write(attack_table(question, rows, request.style));
      break;
    case Format::kCsv:
      write_attack_csv(out, question, rows);
      break;
    case Format::kJson:
      write_attack_json(out, question, rows);
      break;
  }
}

int starve(const Arguments& arguments, Console& out) {
  const StarveRequest request = read_starve_request(arguments);
  catch_interrupts();
  StarveSearch searches(request);
  ExitStatus status = ExitStatus::kFine;
  std::vector<AttackRow> rows;
  for (std::size_t i = 0; i < request.schedulers.size() && !stop_requested(); ++i) {
    const std::string name = request.schedulers[i].to_string();
    try {
      rows.push_back(searches.search(i));
    } catch (const MachineError&) {
      throw;
    } catch (...) {
      searches.clear_progress();
      status = worse(status, report(std::current_exception(), "under " + name));
      rows.emplace_back().scheduler = name;
    }
  }
  searches.clear_progress();
  print(out, request, searches.question(), rows);
  out.flush();
  return final_status(status);
}

}  // namespace

const Command& starve_command() {
  static const Command kCommand{
      .name = "starve",
      .summary = "search for the attack of one task that harms another one most",
      .usage = "FILE -s LIST [OPTION]...",
      .details =
          "What the attacker does is replaced by candidates: sleep and run in up to three lengths\n"
          "each, once, several times or for ever. An evolution that begins with a hog, with what "
          "the\n"
          "file says and with random candidates looks for the worst; its result is a lower bound.\n"
          "Beside it stands what a hog does, and the scheduler's upper bound where one is proved.\n"
          "The same seed finds the same, whatever -j. A round that is repeated for ever takes at\n"
          "least 1/50000 of the run: shorten it with --duration to look closer.\n"
          "Colluders divide the attacker's weight among them, so that their number divides it.\n",
      .examples =
          "sharesim starve workloads/saved-credits.yaml -s credit,sfq --attacker saver\n"
          "sharesim starve workloads/proportional-shares.yaml -s all --budget 300\n"
          "sharesim starve workloads/saved-credits.yaml -s credit -o attack.yaml\n",
      .options = starve_options(),
      .run = starve};
  return kCommand;
}

}  // namespace sharesim::cli
