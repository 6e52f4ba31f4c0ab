"""Array types by name, so that signatures say what they hold."""

import numpy as np
import numpy.typing as npt

Int64 = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]
Bool = npt.NDArray[np.bool_]
UInt64 = npt.NDArray[np.uint64]
Float64 = npt.NDArray[np.float64]
