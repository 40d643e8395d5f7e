"""Names of the vendor's compiler that public kernels import to annotate parameters."""

from trainyard.nki_older.affine import Affine
from trainyard.nki_older.tile import Tile

TileIndex = Affine
local_tile = Tile
