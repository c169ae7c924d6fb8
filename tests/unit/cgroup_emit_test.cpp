// Is a plan for another program what that program takes? Scripts are run, units verified, YAML parsed.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include "tests/support/run_command.hpp"

namespace sharesim {
namespace {

namespace fs = std::filesystem;
using test::CommandResult;
using test::ScratchFolder;
using testing::HasSubstr;

constexpr const char* kWorkload =
    "name: shop\n"
    "machine: {cpus: 2}\n"
    "duration: 1s\n"
    "groups:\n"
    "  - name: web\n"
    "    weight: 300\n"
    "    cap: {quota: 30ms, period: 100ms, burst: 10ms}\n"
    "    tasks: [{name: front-end, count: 2}]\n"
    "tasks:\n"
    "  - {name: batch, cpus: 1}\n";

CommandResult plan(const ScratchFolder& folder, std::vector<std::string> options,
                   const char* workload = kWorkload) {
  std::vector<std::string> words{"plan", folder.write("w.yaml", workload)};
  words.insert(words.end(), options.begin(), options.end());
  return test::run_sharesim(words);
}

/// What a shell says: its output, and its status in the last line.
std::string shell(const std::string& command, const ScratchFolder& folder) {
  const std::string out = (folder.path() / "shell.out").string();
  const int status = std::system(("(" + command + ") >'" + out + "' 2>&1").c_str());
  return test::read_file(out) + (status == 0 ? "ok" : "failed");
}

bool is_there(const std::string& program) {
  return std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) == 0;
}

TEST(CgroupEmit, ShellScriptsMakeTheGroups) {
  const ScratchFolder folder;
  const CommandResult result = plan(folder, {"--emit", "shell"});
  ASSERT_EQ(result.status, 0) << result.err;
  const std::string script = folder.write("plan.sh", result.out);
  if (is_there("shellcheck")) {
    EXPECT_EQ(shell("shellcheck '" + script + "'", folder), "ok");
  } else {
    std::fprintf(stderr, "shellcheck is not installed: the script is only run\n");
  }
  const fs::path root = folder.path() / "fake" / "sys" / "fs" / "cgroup";
  fs::create_directories(root);
  const std::string run = "PREFIX='" + (folder.path() / "fake").string() + "' sh '" + script + "'";
  EXPECT_EQ(shell(run, folder), "ok");
  const auto value = [&](const std::string& file) { return test::read_file(root / file); };
  EXPECT_EQ(value("sharesim-shop/s-web/cpu.weight"), "300\n");
  EXPECT_EQ(value("sharesim-shop/s-web/cpu.max"), "30000 100000\n");
  EXPECT_EQ(value("sharesim-shop/s-web/cpu.max.burst"), "10000\n");
  EXPECT_EQ(value("sharesim-shop/s-batch/cpuset.cpus"), "1\n");
  EXPECT_TRUE(fs::is_directory(root / "sharesim-shop/s-web/s-front-end.1"));
  // A second time the group is there: the script stops at once, and says so.
  EXPECT_THAT(shell(run, folder), HasSubstr("sharesim-shop is there already"));
  EXPECT_EQ(value("sharesim-shop/s-web/cpu.weight"), "300\n");
}

// A value that does not come true ends the script, and what it made is taken back: here a group's
// folder cannot be made, so that the file in it cannot be written.
TEST(CgroupEmit, ShellScriptsAreAllOrNothing) {
  const ScratchFolder folder;
  const std::string script = folder.write("plan.sh", plan(folder, {"--emit", "shell"}).out);
  const fs::path root = folder.path() / "fake" / "sys" / "fs" / "cgroup";
  fs::create_directories(root);
  // Where there is a directory of the file's name nothing can be written.
  fs::create_directories(root / "cgroup.subtree_control");
  EXPECT_THAT(
      shell("PREFIX='" + (folder.path() / "fake").string() + "' sh '" + script + "'", folder),
      HasSubstr("taking everything back"));
  EXPECT_FALSE(fs::exists(root / "sharesim-shop"));
}

TEST(CgroupEmit, SystemdTakesTheUnits) {
  const ScratchFolder folder;
  const fs::path units = folder.path() / "units";
  const CommandResult result =
      plan(folder, {"--emit", "systemd", "--unit", "/batch=batch.service", "-o", units.string()});
  ASSERT_EQ(result.status, 0) << result.err;
  const std::string web = test::read_file(units / "sharesim_shop-web.slice");
  EXPECT_THAT(web,
              HasSubstr("[Slice]\nCPUWeight=300\nCPUQuota=30.00%\nCPUQuotaPeriodSec=100000us\n"));
  EXPECT_THAT(web, HasSubstr("A burst of 10000 us is lost"));
  EXPECT_EQ(test::read_file(units / "batch.service.d" / "50-sharesim.conf"),
            "[Service]\nSlice=sharesim_shop.slice\nCPUWeight=100\nAllowedCPUs=1\n");
  const std::string readme = test::read_file(units / "README");
  EXPECT_THAT(readme, HasSubstr("systemctl set-property --runtime batch.service CPUWeight=100 "
                                "AllowedCPUs=1\n"));
  EXPECT_THAT(readme,
              HasSubstr("systemd-run --slice='sharesim_shop-web.slice' -p CPUWeight=100 COMMAND"));
  if (!is_there("systemd-analyze")) GTEST_SKIP() << "systemd-analyze is not installed";
  std::ofstream(units / "batch.service") << "[Service]\nExecStart=/bin/true\n";
  EXPECT_EQ(shell("cd '" + units.string() + "' && SYSTEMD_UNIT_PATH='" + units.string() +
                      "': systemd-analyze verify --man=no ./*.slice ./batch.service",
                  folder),
            "ok");
}

TEST(CgroupEmit, UnitsThatAreNoneAreRefused) {
  const ScratchFolder folder;
  for (const char* unit : {"/batch=../../etc/passwd.service", "/batch=x.mount", "/nobody=x.service",
                           "/batch=", "=x.service"}) {
    EXPECT_EQ(plan(folder, {"--emit", "systemd", "--unit", unit}).status, 2) << unit;
  }
}

// Two CPUs, 3:1, and half of web for each of its two: 0.75, 0.75 and 0.5 CPUs. 750m are 768 shares,
// of which the curve makes 80; 500m are 512: 59. The cap of 30 % is web's own: the kubelet has none for
// a pod by itself, so that each of its containers has it, and asks for no more than that.
TEST(CgroupEmit, KubernetesTakesTheYaml) {
  const ScratchFolder folder;
  const CommandResult result = plan(folder, {"--emit", "kubernetes"});
  ASSERT_EQ(result.status, 0) << result.err;
  std::map<std::string, std::string> requests;
  std::set<std::string> pods;
  for (const YAML::Node& document : YAML::LoadAll(result.out)) {
    EXPECT_EQ(document["kind"].as<std::string>(), "Pod");
    pods.insert(document["metadata"]["name"].as<std::string>());
    for (const YAML::Node& container : document["spec"]["containers"]) {
      requests[container["name"].as<std::string>()] =
          container["resources"]["requests"]["cpu"].as<std::string>();
    }
  }
  EXPECT_THAT(pods, testing::ElementsAre("shop", "shop-web"));
  EXPECT_EQ(requests,
            (std::map<std::string, std::string>{
                {"batch", "500m"}, {"web-front-end-0", "300m"}, {"web-front-end-1", "300m"}}));
  EXPECT_THAT(result.out, HasSubstr("limits:\n          cpu: 300m  # cpu.max 30000 100000\n"));
  EXPECT_THAT(result.out,
              HasSubstr("cpu: 500m  # cpu.shares 512: cpu.weight 59 by runc since 1.3.2, 20"));
  EXPECT_THAT(result.out, HasSubstr("Requests are not kept\n# in proportion"));
}

// Containers are siblings: 3/8, 3/8 and 1/4 of the machine are weights 3:3:2, scaled to 150:150:100. The curve
// makes 100 of 1012 to 1024 shares.
TEST(CgroupEmit, DockerTakesTheLines) {
  const ScratchFolder folder;
  const CommandResult result = plan(folder, {"--emit", "docker"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("docker update --cpu-shares 1012 --cpuset-cpus 1 batch "
                                    "# cpu.weight 100, by older runtimes 39\n"));
  EXPECT_THAT(result.out, HasSubstr("--cpu-period 100000 --cpu-quota 30000"));
  EXPECT_THAT(result.out, HasSubstr("its burst of 10000 us is lost"));
  const std::string script = folder.write("docker.sh", result.out);
  EXPECT_EQ(shell("sh -n '" + script + "'", folder), "ok");
  if (is_there("shellcheck")) {
    EXPECT_EQ(shell("shellcheck '" + script + "'", folder), "ok");
  }
}

// Side by side 1/201 of 1/201 and 200/201 of 200/201 are 1:40000, which no weight can say.
TEST(CgroupEmit, DockerHasNoWeightsThatAreTooFarApart) {
  const ScratchFolder folder;
  const CommandResult result = plan(folder, {"--emit", "docker"},
                                    "name: apart\n"
                                    "duration: 1s\n"
                                    "groups:\n"
                                    "  - {name: a, weight: 1, tasks: [{name: x, weight: 1}, "
                                    "{name: y, weight: 200}]}\n"
                                    "  - {name: b, weight: 200, tasks: [{name: x, weight: 1}, "
                                    "{name: y, weight: 200}]}\n");
  EXPECT_EQ(result.status, 3);
  EXPECT_THAT(result.err, HasSubstr("10000 times"));
}

// What is in an idle group is idle, whatever its weight there.
TEST(CgroupEmit, WhatIsInAnIdleGroupIsIdle) {
  const ScratchFolder folder;
  constexpr const char* kIdle =
      "name: quiet\n"
      "duration: 1s\n"
      "groups: [{name: batch, idle: true, tasks: [{name: x, weight: 300}]}]\n"
      "tasks: [{name: web}]\n";
  EXPECT_THAT(plan(folder, {"--emit", "docker"}, kIdle).out,
              HasSubstr("docker update --cpu-shares 2 batch-x #"));
  EXPECT_THAT(plan(folder, {"--emit", "kubernetes"}, kIdle).out,
              HasSubstr("- name: batch-x\n      image: IMAGE\n      resources:\n        requests:\n"
                        "          cpu: 2m "));
}

// A group of tasks can be a slice that exists, and what is below it goes there; never a service. A name with a
// backslash is quoted for the shell.
TEST(CgroupEmit, SystemdTakesASliceForAGroup) {
  const ScratchFolder folder;
  const CommandResult result =
      plan(folder, {"--emit", "systemd", "--unit", "/web=my\\x2dshop.slice"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("systemd-run --slice='my\\x2dshop.slice'"));
  EXPECT_THAT(result.out, HasSubstr("set-property --runtime 'my\\x2dshop.slice' CPUWeight=300"));
  const CommandResult service = plan(folder, {"--emit", "systemd", "--unit", "/web=nginx.service"});
  EXPECT_EQ(service.status, 2);
  EXPECT_THAT(service.err, HasSubstr("cannot hold the tasks of /web"));
}

TEST(CgroupEmit, KnowsItsTargets) {
  const ScratchFolder folder;
  const CommandResult result = plan(folder, {"--emit", "kubernets"});
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("did you mean 'kubernetes'?"));
  EXPECT_EQ(plan(folder, {"-o", "x"}).status, 2);
  EXPECT_EQ(plan(folder, {"--for", "v3"}).status, 2);
  EXPECT_EQ(plan(folder, {"--emit", "shell", "-s", "fifo"}).status, 3);
}

}  // namespace
}  // namespace sharesim
