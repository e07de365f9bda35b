"""The parts of Tests/System/run: an emulated Nitro machine, its clients and its enemies."""
