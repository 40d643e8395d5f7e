// Which file a machine's name means: a file's stem, an alias, an instance inside a file, or a path.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "trainyard/machine/layer.h"

namespace trainyard::machine {

struct Target {
  std::string file;
  std::string offer;  ///< name of an instance in it, or "" for the file's default
};

/// `near` is the folder of the file that asks (a `base`), tried before the built-in folder.
/// Throws E002 with the nearest known name.
Target find_machine(std::string_view name_or_path, const std::string& near = "");

/// Every machine file in the built-in folder, by generation.
std::vector<Layer> built_in_layers();

/// Every name that `find_machine` takes, without paths.
std::vector<std::string> known_names();

/// The shared bibliography machines/sources.toml; empty if the folder has none.
std::map<std::string, Source> shared_sources();

}  // namespace trainyard::machine
