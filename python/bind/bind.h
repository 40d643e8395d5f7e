// What each file of python/bind adds to trainyard._core; module.cc calls them in order of layers.
#pragma once

#include <nanobind/nanobind.h>

namespace trainyard::bind {

#define BINDING(layer) void bind_##layer(nanobind::module_& m);
#include "bindings.list"
#undef BINDING

}  // namespace trainyard::bind
