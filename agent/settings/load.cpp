// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/compare_settings.h"
#include "settings/domain_list.h"
#include "settings/endpoint.h"
#include "settings/environment.h"
#include "settings/input_file.h"
#include "settings/policy_tables.h"
#include "settings/routable_families.h"
#include "settings/settings.h"
#include "settings/toml_reader.h"
#include "settings/web_parsers.h"

namespace mtasts::settings {
namespace {

constexpr uint16_t kDefaultWebPort = 10058;

void fill_defaults(Settings& settings) {
  if (settings.web.listen.empty())
    settings.web.listen.push_back({IpAddress::v6({}), kDefaultWebPort});
  if (settings.network.families.empty()) settings.network.families = routable_families();
}

void read_command_line(SettingsBuilder& builder, const std::string& web_config_file) {
  if (web_config_file.empty()) return;
  builder.settings.web.config_file = web_config_file;
  builder.set["[web] config_file"] = {builder.errors.add_file("--web.config.file"), 0, 0};
}

LoadedSettings finish(SettingsBuilder& builder, const Environment& environment,
                      const std::string& web_config_file) {
  read_environment(builder, environment);
  read_command_line(builder, web_config_file);
  fill_defaults(builder.settings);
  gather_web(builder);
  compare_settings(builder);
  gather_domains(builder);
  gather_policies(builder);
  builder.settings.hash = builder.fingerprint.hex();
  LoadedSettings loaded;
  loaded.settings = std::move(builder.settings);
  loaded.errors = builder.errors.take();
  return loaded;
}

}  // namespace

LoadedSettings parse_settings(std::string_view toml, const std::filesystem::path& file,
                              const Environment& environment, const std::string& web_config_file) {
  SettingsBuilder builder;
  builder.directory = file.parent_path();
  size_t index = builder.errors.add_file(file.string());
  if (!file.empty()) builder.settings.files.push_back(file);
  builder.fingerprint.add(toml);
  read_toml(builder, index, toml);
  return finish(builder, environment, web_config_file);
}

LoadedSettings load_settings(const std::filesystem::path& file, const Environment& environment,
                             const std::string& web_config_file) {
  if (file.empty()) return parse_settings("", file, environment, web_config_file);
  auto content = read_input_file(file);
  if (content) return parse_settings(*content, file, environment, web_config_file);
  SettingsBuilder builder;
  size_t index = builder.errors.add_file(file.string());
  builder.settings.files.push_back(file);
  builder.errors.add({index, 0, 0}, content.failure().detail);
  LoadedSettings loaded;
  loaded.settings = std::move(builder.settings);
  loaded.errors = builder.errors.take();
  return loaded;
}

}  // namespace mtasts::settings
