/* The only place that includes FLINT, Arb and Calcium: Debian 12 has four libraries, FLINT 3 has one with all headers in <flint/>. */
#ifndef GEN_PROVE_FLINT_H
#define GEN_PROVE_FLINT_H
#include <gmp.h>
#ifdef DELTAC_FLINT3
#include <flint/acb.h>
#include <flint/arb.h>
#include <flint/arb_fmpz_poly.h>
#include <flint/arb_hypgeom.h>
#include <flint/arb_mat.h>
#include <flint/ca.h>
#include <flint/fmpq.h>
#include <flint/fmpz_mpoly.h>
#include <flint/fmpz_mpoly_factor.h>
#include <flint/fmpz_mpoly_q.h>
#include <flint/fmpz_vec.h>
#else
#include <flint/flint.h>
#include <flint/fmpq.h>
#include <flint/fmpz_mpoly.h>
#include <flint/fmpz_mpoly_factor.h>
#include <flint/fmpz_vec.h>

#include <acb.h>
#include <arb.h>
#include <arb_fmpz_poly.h>
#include <arb_hypgeom.h>
#include <arb_mat.h>

#include <calcium/ca.h>
#include <calcium/fmpz_mpoly_q.h>
#endif
#endif
