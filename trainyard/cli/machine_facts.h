// Figures that follow from a machine's numbers, as the listings and drawings word them.
#pragma once

#include <string>

#include "trainyard/machine/machine.h"

namespace trainyard::cli {

/// What the arrays of one core do in BF16; 0 if the array is not public.
double array_tflops(const machine::Core& core);
/// "2.4 GHz", "78.6 TFLOPS", "28 MiB", "" where the machine has no figure.
std::string ghz(double clock);
std::string tflops(double speed);
std::string bytes(double size);
std::string gb_s(double rate);
std::string number(double value);
/// "Trainium2: 8 NeuronCore-v3"
std::string cores_of(const machine::Machine& machine);
/// "16 chips"
std::string chips_of(const machine::Instance& instance);
/// "16 chips, torus-4x4"
std::string shape_of(const machine::Instance& instance);
/// Stacks to draw (1 where there is no figure), and the cores on each.
int stacks_of(const machine::Machine& machine);
/// "≈ " before what is only estimated, else "".
std::string mark(const machine::Machine& machine, const std::string& key);
/// "xy: 4 x 128 GB/s each way"
std::string link_text(const machine::Link& link);

}  // namespace trainyard::cli
