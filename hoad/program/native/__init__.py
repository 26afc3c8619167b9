"""Machine code for this processor: LLVM's text of numbers and of fields, BLAS and LAPACK by pointers."""
