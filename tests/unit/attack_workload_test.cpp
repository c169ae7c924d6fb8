// A workload under attack: who may attack whom, and whether the file that replays an attack is the
// workload that was simulated.

#include "sim/search/attack_workload.hpp"

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/core/error.hpp"
#include "sim/output/scenario_json.hpp"
#include "sim/scenario/parse_document.hpp"
#include "sim/scenario/write_document.hpp"
#include "sim/search/attack_sides.hpp"
#include "tests/support/run_command.hpp"

namespace sharesim {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Node document_of(const std::string& text) {
  Problems problems("text", {});
  const auto node = parse_document(text, 0, problems);
  problems.throw_if_any();
  return *node;
}

bool same(const Node& a, const Node& b) {
  return a.kind == b.kind && a.quoted == b.quoted && a.text == b.text && a.key == b.key &&
         std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), same);
}

void expect_round_trip(const std::string& text) {
  const Node node = document_of(text);
  const std::string written = write_document(node);
  EXPECT_TRUE(same(document_of(written), node)) << text << "\nbecame\n" << written;
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  return files;
}

// Is every workload of the house, and all that the format knows, the same document after it has
// been written out?
TEST(WriteDocument, IsReadBackAsItWas) {
  const fs::path source = SHARESIM_SOURCE_DIR;
  for (const char* folder : {"workloads", "tests/fuzz/corpus/loader"}) {
    for (const fs::path& file : files_in(source / folder)) {
      SCOPED_TRACE(file);
      const std::string text = test::read_file(file);
      Problems problems("text", {});
      const bool good = parse_document(text, 0, problems) && problems.count() == 0;
      if (good) expect_round_trip(text);
    }
  }
}

// Texts that mean something else when they are written carelessly: quoted numbers, quotes and
// backslashes, what is a bracket or comma elsewhere, nothing, control characters, long lines.
TEST(WriteDocument, MindsOddTexts) {
  expect_round_trip("a: '5'\nb: \"it's \\\"so\\\" \\\\ \\t\\n\\x01 x\"\nc: ''\n");
  expect_round_trip(
      "tasks:\n  - name: a\n    cpus: 0-3,8\n    scheduler: sfq:slice=5ms,scope=global\n");
  expect_round_trip("tasks:\n  - name: a\n    cpus: a[0]{1}\n  - {name: b, x: [], y: {}}\n");
  expect_round_trip("tasks:\n  - a: [[1ms, 2ms], [3ms, '4']]\n    b: {c: {d: e}}\n");
  expect_round_trip("a:\nb: [x, [y]]\nc:\n  - - 1\n    - 2,3\n  - - 4\n");
  expect_round_trip("hints: {'odd key': 1, 'a: b': 2}\nä: ü\n");
  std::string many = "do: [";
  for (int i = 0; i < 60; ++i) many += "{run: 1ms}, {sleep: 2ms}, ";
  expect_round_trip(many + "{run: 1s}]\n");
}

TEST(WriteDocument, WritesLikeTheHouse) {
  const std::string text =
      "name: two\n"
      "machine: {cpus: 2}\n"
      "duration: 1s\n"
      "groups:\n"
      "  - name: web\n"
      "    weight: 300\n"
      "    tasks:\n"
      "      - {name: worker, count: 4, do: [{run: 5ms}, {sleep: 5ms}]}\n"
      "tasks:\n"
      "  - {name: hog}\n";
  EXPECT_EQ(write_document(document_of(text)), text);
}

/// What the loader made of it, without what an attack does not keep: file, question, expectations.
Json essence(const Scenario& scenario) {
  Scenario copy = scenario;
  copy.file = copy.question = "";
  copy.expectations.clear();
  return scenario_json(copy);
}

const Attack kLoop{
    .phase = 3ms, .legs = {{Step::Kind::kRun, 9500us}, {Step::Kind::kSleep, 500us}}, .rounds = 0};
const Attack kBurst{.phase = {}, .legs = {{Step::Kind::kSleep, 400ms}}};

// For each workload of the house and each of its entries: is the file of an attack the scenario
// that the search has simulated?
TEST(AttackWorkload, TheFileIsWhatWasSimulated) {
  const fs::path folder = fs::path(SHARESIM_SOURCE_DIR) / "workloads";
  for (const fs::path& file : files_in(folder)) {
    SCOPED_TRACE(file);
    AttackWorkload workload(file.string(), {});
    for (std::size_t spec = 0; spec < workload.scenario().tasks.size(); ++spec) {
      workload.set_attacker(spec);
      workload.prepare(1);
      for (const Attack& attack : {Attack{}, kLoop, kBurst}) {
        const std::string text = workload.text_under(attack, "Why?\n", "", folder);
        EXPECT_THAT(text, StartsWith("# Why?\n"));
        EXPECT_EQ(essence(parse_scenario(text, file.string())), essence(*workload.under(attack)));
      }
    }
  }
}

class AttackFiles : public ::testing::Test {
 protected:
  AttackWorkload load(const std::string& text, const std::vector<Override>& overrides = {}) {
    return {scratch_.write("w.yaml", text), overrides};
  }
  std::string mistake_of(const std::function<void()>& work) {
    try {
      work();
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  }

  const test::ScratchFolder scratch_;
};

constexpr const char* kTree = R"(name: tree
duration: 1s
groups:
  - name: web
    tasks:
      - {name: worker, count: 2, weight: 60, service: {arrivals: {poisson: 200/s}, demand: {empirical: d.csv}}}
  - name: batch
    tasks:
      - {name: job, weight: 60}
tasks:
  - {name: last, replay: r.csv}
events:
  - {at: 5ms, set: {entity: /batch, weight: 7}}
expect:
  - {share: {of: /web, at_least: 99%}}
)";

// Files that a workload names lie beside it: does a file of the attack in another folder find them,
// and does it keep what the command line changed, and leave out what was expected of another run?
TEST_F(AttackFiles, LieWhereTheyLike) {
  scratch_.write("d.csv", "1ms\n2ms\n");
  scratch_.write("r.csv", "5ms,10ms\n");
  AttackWorkload workload = load(kTree, {{"machine.cpus", "2"}, {"tasks.last.weight", "9"}});
  workload.set_attacker(1);
  workload.prepare(1);
  const fs::path elsewhere = scratch_.path() / "a" / "b";
  fs::create_directories(elsewhere);
  const std::string text = workload.text_under(kBurst, "", "", elsewhere);
  const Scenario scenario = parse_scenario(text, (elsewhere / "attack.yaml").string());
  EXPECT_EQ(essence(scenario), essence(*workload.under(kBurst)));
  EXPECT_EQ(scenario.machine.cpus, 2U);
  EXPECT_EQ(scenario.tasks.at(2).weight, 9 * kWeightUnit);
  EXPECT_TRUE(scenario.expectations.empty());
}

// Colluders share one weight, so that they are no more than one attacker to a scheduler by weight:
// 60 is divided by 1, 2, 3, 4, 5 and 6, and by no other number up to 9.
TEST_F(AttackFiles, CollusionDividesTheWeight) {
  AttackWorkload workload =
      load("name: x\nduration: 1s\ntasks: [{name: a, weight: 60}, {name: b}]\n");
  EXPECT_EQ(workload.splits(9), (std::vector<std::uint32_t>{1, 2, 3, 4, 5, 6}));
  workload.check_splits(9);
  workload.prepare(3);
  Attack attack = kBurst;
  attack.attackers = 3;
  const auto scenario = workload.under(attack);
  EXPECT_EQ(scenario->tasks[0].count, 3U);
  EXPECT_EQ(scenario->tasks[0].weight, 20 * kWeightUnit);
  EXPECT_EQ(scenario->task_count(), 4U);
  EXPECT_EQ(sides_of(*scenario, choose_roles(workload.scenario(), {}, {})).attackers.size(), 3U);
}

TEST_F(AttackFiles, CollusionIsRefusedWhereItGivesMore) {
  const auto refusal = [&](const std::string& task, const std::string& events) {
    AttackWorkload workload =
        load("name: x\nduration: 1s\ntasks: [{name: a, " + task + "}, {name: b}]\n" + events);
    workload.check_splits(1);
    return mistake_of([&] { workload.check_splits(2); });
  };
  EXPECT_THAT(refusal("count: 2", ""), HasSubstr("instances"));
  EXPECT_THAT(refusal("nice: 3", ""), HasSubstr("nice"));
  EXPECT_THAT(refusal("cap: 30%", ""), HasSubstr("cap"));
  EXPECT_THAT(refusal("weight: 100", "events: [{at: 1ms, set: {entity: /a, weight: 5}}]\n"),
              HasSubstr("event"));
  EXPECT_EQ(refusal("weight: 100", "events: [{at: 1ms, set: {entity: /b, weight: 5}}]\n"), "");
}

std::string roles_in(const Scenario& scenario, std::optional<std::string> attacker = {},
                     std::optional<std::string> victim = {}) {
  const Roles roles = choose_roles(scenario, attacker, victim);
  return roles.attacker_path + " > " + roles.victim_path;
}

Scenario tasks(const std::string& list) {
  return parse_scenario("name: x\nduration: 1s\n" + list, "x.yaml");
}

// By name, else first against last.
TEST_F(AttackFiles, RolesHaveDefaults) {
  EXPECT_EQ(roles_in(tasks("tasks: [{name: a}, {name: b}, {name: c}]")), "/a > /c");
  EXPECT_EQ(roles_in(tasks("tasks: [{name: victim}, {name: attacker}, {name: c}]")),
            "/attacker > /victim");
  EXPECT_EQ(roles_in(tasks("tasks: [{name: a}, {name: b}]"), "b"), "/b > /a");
  const Scenario tree = tasks(
      "groups: [{name: web, tasks: [{name: w, count: 2}]}, {name: db, tasks: [{name: q}]}]\n"
      "tasks: [{name: hog}]\n");
  EXPECT_EQ(roles_in(tree, "/hog", "/web"), "/hog > /web");
  EXPECT_EQ(roles_in(tree, "web/w", "/db/q"), "/web/w > /db/q");
  EXPECT_EQ(roles_in(tree, "/hog", "/web/w.1"), "/hog > /web/w.1");
}

TEST_F(AttackFiles, WrongRolesAreRefused) {
  const Scenario tree =
      tasks("groups: [{name: web, tasks: [{name: worker, count: 2}]}]\ntasks: [{name: hog}]\n");
  const auto refusal = [&](std::optional<std::string> attacker, std::optional<std::string> victim) {
    return mistake_of([&] { choose_roles(tree, attacker, victim); });
  };
  EXPECT_THAT(refusal("hgo", "/web/wroker"),
              AllOf(HasSubstr("did you mean '/hog'?"), HasSubstr("did you mean '/web/worker'?")));
  EXPECT_THAT(refusal("/web", {}), HasSubstr("is no task"));
  EXPECT_THAT(refusal("/web/worker", "/web"), HasSubstr("is, or holds, the attacker"));
  EXPECT_THAT(refusal("/hog", "/"), HasSubstr("is, or holds, the attacker"));
  EXPECT_THAT(refusal("/web/worker", "/web/worker.1"), HasSubstr("is, or holds, the attacker"));
  EXPECT_THAT(mistake_of([] { choose_roles(tasks("tasks: [{name: a}]"), {}, {}); }),
              HasSubstr("nobody to attack"));
}

// What the file says already is tried as well, if it is of our kind: a run that outlasts everything
// is for ever.
TEST(KnownAttacks, AreThoseOfTheFile) {
  const auto known = [](const std::string& behaviour) {
    const Scenario scenario = tasks("tasks: [{name: a, " + behaviour + "}, {name: b}]");
    const auto attacks = known_attacks(scenario.tasks[0], scenario.duration);
    return attacks.empty() ? "" : in_words(attacks.front());
  };
  EXPECT_EQ(known("do: [{sleep: 500ms}, {run: 1h}]"), "sleep 500ms, then run for ever");
  EXPECT_EQ(known("do: [{run: 1ms}, {sleep: 2ms}]"), "run 1ms, sleep 2ms, again and again");
  EXPECT_EQ(known("do: [{run: 1ms}, {sleep: {exponential: 2ms}}]"), "");
  EXPECT_EQ(known("do: [{run: 1ms}, {run: 1ms}, {sleep: 2ms}]"), "");
  EXPECT_EQ(known("do: [{run: 1ms}, {sleep: 2ms}], repeat: 3"), "");
  EXPECT_EQ(known("weight: 5"), "");
}

}  // namespace
}  // namespace sharesim
