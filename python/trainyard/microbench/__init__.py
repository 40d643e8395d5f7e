"""Programs of a few instructions that show one thing of a machine: what engineers run on a new
chip. `trainyard validate` holds them against measurements, `trainyard bringup` against data
sheets."""
