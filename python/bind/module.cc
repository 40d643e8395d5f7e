// The Python extension trainyard._core: one bind_<layer> for each layer of the C++ library.

#include "python/bind/bind.h"

NB_MODULE(_core, m) {
  m.doc() = "The C++ core of Trainyard.";
#define BINDING(layer) trainyard::bind::bind_##layer(m);
#include "bindings.list"
#undef BINDING
}
