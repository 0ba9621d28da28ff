#!/usr/bin/env python3
"""Reference values for the "constrain the network structure" half of the catalogue.

Independent implementation (torch float64 for values and gradients, plain numpy loops
and full enumeration as cross-checks).  Every random draw is an explicit input, so any
implementation with a "given this noise" path can be compared number by number.

usage:  structure.py [--seed N] [--out FILE]     (needs numpy, scipy, torch >= 1.13)
Every law of these methods that can be checked exactly (enumeration) or
statistically (z-scores) is asserted while the cases are produced; the script prints the
list of the laws it verified.

Case schema
  {id, method, variant, params{}, inputs{name: tensor}, noise{name: tensor},
   grad_output: tensor|null, expected{name: tensor|number|list},
   grads{input name: tensor}, note}
  tensor = {"shape": [...], "data": [flat, row-major]}   (0/1 masks and indices are integers)
  grads = d( sum(expected.y * grad_output) ) / d(input); when the output is a scalar
  loss, grad_output is null and grads = d(expected.loss)/d(input).
Threshold convention: with a uniform u in [0,1), a unit is DROPPED iff u < dropProb.
"""
import argparse
import itertools
import json
import math
import os
import warnings

import numpy as np
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)

ap = argparse.ArgumentParser()
ap.add_argument("--seed", type=int, default=20200303)
ap.add_argument("--out", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "structure.json"))
args = ap.parse_args()
R = np.random.RandomState(args.seed % (2 ** 32))
CASES, LAWS, COUNT = [], [], {}


# ----------------------------------------------------------------------------- helpers
def enc(a):
    if isinstance(a, dict):
        return {k: enc(v) for k, v in a.items()}
    if isinstance(a, (list, tuple)):
        return [enc(v) for v in a]
    if isinstance(a, (bool, int, str)) or a is None:
        return a
    if isinstance(a, float):
        assert math.isfinite(a)
        return a
    if isinstance(a, torch.Tensor):
        a = a.detach().numpy()
    a = np.asarray(a)
    if a.dtype.kind in "biu":
        return {"shape": list(a.shape), "dtype": "bool" if a.dtype.kind == "b" else "int32", "data": [int(v) for v in a.ravel()]}
    else:
        assert np.isfinite(a).all(), "non-finite reference value"
        data = [float(v) + 0.0 for v in a.ravel()]
    return {"shape": list(a.shape), "data": data}


def add(method, variant, params, inputs, noise, expected, gy=None, grads=None, note=""):
    k = COUNT.get(method, 0)
    COUNT[method] = k + 1
    CASES.append({"id": "%s/%d" % (method, k), "method": method, "variant": variant,
                  "params": enc(params), "inputs": enc(inputs), "noise": enc(noise),
                  "grad_output": enc(gy), "expected": enc(expected),
                  "grads": enc(grads or {}), "note": note})


def law(name):
    if name not in LAWS:
        LAWS.append(name)


def close(a, b, tol=1e-12, what=""):
    a = a.detach().numpy() if isinstance(a, torch.Tensor) else np.asarray(a, dtype=float)
    b = b.detach().numpy() if isinstance(b, torch.Tensor) else np.asarray(b, dtype=float)
    assert a.shape == b.shape, (what, a.shape, b.shape)
    d = np.max(np.abs(a - b) / (1 + np.abs(b))) if a.size else 0.0
    assert d <= tol, (what, d)


def grads_of(fn, inp, gy=None):
    """fn: dict of leaf tensors -> output tensor. returns y, grads (and gy)."""
    leaves = {k: torch.tensor(v, requires_grad=True) for k, v in inp.items()}
    y = fn(leaves)
    if gy is None:
        gy = R.randn(*y.shape) if y.dim() else None
    s = (y * torch.tensor(gy)).sum() if gy is not None else y
    g = torch.autograd.grad(s, list(leaves.values()), allow_unused=True)
    return y, gy, {k: (gi if gi is not None else torch.zeros_like(leaves[k])) for k, gi in zip(leaves, g)}


def fd_check(fn, inp, gy, grads, name, h=1e-6, tol=2e-6):
    """finite differences of sum(fn*gy) against grads[name] (only valid where no stop-gradient)."""
    base = {k: np.array(v, dtype=float) for k, v in inp.items()}

    def val():
        y = fn({k: torch.tensor(v) for k, v in base.items()})
        return float((y * torch.tensor(gy)).sum()) if gy is not None else float(y)
    num = np.zeros_like(base[name])
    it = np.nditer(base[name], flags=["multi_index"])
    for _ in it:
        i = it.multi_index
        o = base[name][i]
        base[name][i] = o + h
        a = val()
        base[name][i] = o - h
        b = val()
        base[name][i] = o
        num[i] = (a - b) / (2 * h)
    close(num, grads[name], tol, "fd " + name)


def uni(shape, thr=None, gap=1e-3):
    """uniforms in (0,1) kept away from the threshold(s) so float32 and float64 agree."""
    u = R.uniform(0.002, 0.998, size=shape)
    if thr is not None:
        thr = np.broadcast_to(thr, shape)
        for _ in range(100):
            bad = np.abs(u - thr) < gap
            if not bad.any():
                break
            u = np.where(bad, R.uniform(0.002, 0.998, size=shape), u)
        assert (np.abs(u - thr) >= gap).all() or np.any((thr <= 0) | (thr >= 1))
    return u


def mixed_mask(shape, p, tries=50):
    """u, mask with both values present where possible."""
    for _ in range(tries):
        u = uni(shape, p)
        m = (u >= p).astype(np.int64)
        if m.size < 2 or (0 < m.sum() < m.size):
            break
    return u, m


def rnd(*s):
    return R.randn(*s)


def P(lo=0.15, hi=0.8):
    return round(float(R.uniform(lo, hi)), 3)


def D(lo, hi):
    return int(R.randint(lo, hi + 1))


def t(a):
    return torch.tensor(np.asarray(a, dtype=float))


def masks(n):
    return [np.array(m) for m in itertools.product([0, 1], repeat=n)]


def mprob(m, keep):
    keep = np.broadcast_to(keep, np.shape(m))
    return float(np.prod(np.where(np.asarray(m) == 1, keep, 1 - keep)))


def zcheck(samples_mean, mu, sd, n, what, z=5.0):
    d = np.abs(np.asarray(samples_mean) - mu)
    zz = np.where(d < 1e-12, 0, d / (np.asarray(sd) / math.sqrt(n) + 1e-300))   # deterministic entries
    assert np.max(zz) < z, (what, np.max(zz))


# ------------------------------------------------------------------- dropout (3 forms)
def g_dropout():
    for k in range(3):
        shp = [(D(2, 3), D(3, 5)), (D(2, 3), D(2, 3), D(2, 3)), (D(6, 9),)][k]
        p = P()
        x = rnd(*shp)
        u, m = mixed_mask(shp, p)
        y, gy, g = grads_of(lambda L: L["x"] * t(m) / (1 - p), {"x": x})
        close(g["x"], m * gy / (1 - p))
        law("dropout: gradient = mask * upstream / (1-p)")
        add("dropout", "inverted_train", {"p": p}, {"x": x}, {"u": u, "mask": m}, {"y": y}, gy, g)
    p = P()
    shp = (D(2, 3), D(3, 4), D(2, 4))
    x = rnd(*shp)
    ns = (shp[0], 1, shp[2])
    u, m = mixed_mask(ns, p)
    y, gy, g = grads_of(lambda L: L["x"] * t(m) / (1 - p), {"x": x})
    add("dropout", "inverted_train_noise_shape", {"p": p, "noiseShape": list(ns)}, {"x": x}, {"u": u, "mask": m},
        {"y": y}, gy, g, "mask broadcast over axis 1 (same mask at every time step = 'locked'/variational RNN dropout)")
    x = rnd(2, D(3, 5))
    p = P()
    u, m = mixed_mask(x.shape, p)
    y, gy, g = grads_of(lambda L: L["x"] * t(m), {"x": x})
    add("dropout", "classic_train", {"p": p}, {"x": x}, {"u": u, "mask": m}, {"y": y}, gy, g)
    y, gy, g = grads_of(lambda L: L["x"] * (1 - p), {"x": x})
    add("dropout", "classic_eval", {"p": p}, {"x": x}, {}, {"y": y}, gy, g)
    y, gy, g = grads_of(lambda L: L["x"] * 1.0, {"x": x})
    add("dropout", "inverted_eval", {"p": p}, {"x": x}, {}, {"y": y}, gy, g, "identity")
    u = uni(x.shape)
    for pp in (0.0, 1.0):
        m = (u >= pp).astype(np.int64)
        y, gy, g = grads_of(lambda L: L["x"] * 1.0 if pp == 0 else L["x"] * 0.0, {"x": x})
        add("dropout", "inverted_train", {"p": pp}, {"x": x}, {"u": u, "mask": m}, {"y": y}, gy, g,
            "p=0 identity; p=1 all zeros (never 0*inf)")
    # exact moments by enumeration
    n = D(5, 7)
    x = rnd(n)
    p = P()
    M = masks(n)
    w = np.array([mprob(m, 1 - p) for m in M])
    Y = np.array([x * m / (1 - p) for m in M])
    mean = w @ Y
    var = w @ (Y ** 2) - mean ** 2
    close(mean, x)
    close(var, p / (1 - p) * x ** 2)
    close(w @ np.array([x * m for m in M]), (1 - p) * x)
    law("dropout: E=x, Var=p/(1-p) x^2 (enumerated); classic eval = E[classic train] = (1-p) E[inverted]")
    add("dropout", "moments_exact", {"p": p}, {"x": x}, {}, {"mean_inverted": mean, "var_inverted": var,
        "mean_classic": (1 - p) * x, "var_classic": p * (1 - p) * x ** 2})
    N = 20000
    mm = (R.uniform(size=(N, n)) >= p)
    zcheck((x * mm / (1 - p)).mean(0), x, np.sqrt(p / (1 - p)) * np.abs(x), N, "dropout MC")
    law("dropout: Monte-Carlo mean within 5 sigma of x")


# --------------------------------------------------------------- MC dropout / ensembles
def ent(p, ax=-1):
    p = np.asarray(p)
    return -(np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0)).sum(ax)


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def g_mc():
    for k in range(3):
        nin, nh, nout, N = D(2, 3), D(3, 5), D(2, 4), D(1, 3)
        p = P(0.2, 0.7)
        x, W1, b1, W2, b2 = rnd(N, nin), rnd(nh, nin), rnd(nh), rnd(nout, nh), rnd(nout)
        T = 4
        u = uni((T, N, nh), p)
        m = (u >= p).astype(np.int64)
        h = np.maximum(x @ W1.T + b1, 0)
        logits = (m * h / (1 - p)) @ W2.T + b2
        pr = softmax(logits)
        mean = pr.mean(0)
        H = ent(mean)
        EH = ent(pr).mean(0)
        # exact ensemble over the 2^nh sub-networks (per sample)
        M = masks(nh)
        w = np.array([mprob(mm, 1 - p) for mm in M])
        allp = np.array([softmax((mm * h / (1 - p)) @ W2.T + b2) for mm in M])
        exact = np.tensordot(w, allp, 1)
        exvar = np.tensordot(w, allp ** 2, 1) - exact ** 2
        exEH = np.tensordot(w, ent(allp), 1)
        assert (ent(exact) - exEH >= -1e-12).all()
        NN = 20000
        mm = R.uniform(size=(NN, 1, nh)) >= p
        mc = softmax((mm * h / (1 - p)) @ W2.T + b2)
        zcheck(mc.mean(0), exact, np.sqrt(np.maximum(exvar, 1e-30)), NN, "mc dropout")
        law("mc_dropout: Monte-Carlo mean -> enumerated 2^n ensemble (5 sigma); mutual information >= 0; 0<=H<=log K")
        assert (H <= math.log(nout) + 1e-12).all() and (H - EH >= -1e-12).all()
        add("mc_dropout", "classification_1hidden_relu", {"p": p, "T": T},
            {"x": x, "W1": W1, "b1": b1, "W2": W2, "b2": b2}, {"u": u, "mask": m},
            {"probs": pr, "predictive_mean": mean, "predictive_variance_biased": pr.var(0),
             "predictive_variance_unbiased": pr.var(0, ddof=1), "predictive_entropy": H,
             "expected_entropy": EH, "mutual_information": H - EH,
             "exact_mean": exact, "exact_variance": exvar, "exact_predictive_entropy": ent(exact),
             "exact_expected_entropy": exEH, "exact_mutual_information": ent(exact) - exEH},
            note="dropout (inverted) on the hidden layer; entropies in nats; exact_* enumerate all 2^hidden masks per sample")
    # regression with precision tau
    nin, nh, N, T = 2, D(3, 4), D(2, 3), 5
    p = P(0.2, 0.7)
    tau = round(float(R.uniform(0.5, 4)), 3)
    x, W1, b1, W2, b2 = rnd(N, nin), rnd(nh, nin), rnd(nh), rnd(1, nh), rnd(1)
    u = uni((T, N, nh), p)
    m = (u >= p).astype(np.int64)
    ys = (m * np.tanh(x @ W1.T + b1) / (1 - p)) @ W2.T + b2
    add("mc_dropout", "regression_1hidden_tanh", {"p": p, "T": T, "tau": tau},
        {"x": x, "W1": W1, "b1": b1, "W2": W2, "b2": b2}, {"u": u, "mask": m},
        {"outputs": ys, "predictive_mean": ys.mean(0), "predictive_variance_biased": ys.var(0),
         "predictive_variance_with_noise": 1 / tau + ys.var(0)}, note="Gal & Ghahramani: 1/tau + biased sample variance")
    # weight scaling rule exact for softmax regression (renormalised geometric mean)
    n, K = D(3, 5), D(2, 4)
    v, W, b = rnd(n), rnd(K, n), rnd(K)
    p = P()
    M = masks(n)
    w = np.array([mprob(mm, 1 - p) for mm in M])
    lp = np.array([np.log(softmax(W @ (mm * v) + b)) for mm in M])
    geo = softmax(w @ lp)
    close(geo, softmax(W @ ((1 - p) * v) + b), 1e-12)
    law("mc_dropout: for softmax regression the renormalised geometric mean of all 2^n classic-dropout subnets = weight-scaled net")
    add("mc_dropout", "geometric_ensemble_softmax_regression", {"p": p}, {"x": v, "W": W, "b": b}, {},
        {"geometric_mean": geo, "arithmetic_mean": w @ np.exp(lp)})
    # linear net: arithmetic mean = weight scaling exactly
    close(w @ np.array([W @ (mm * v) + b for mm in M]), W @ ((1 - p) * v) + b)
    law("mc_dropout: for a linear net the arithmetic mean of all subnets = weight-scaled net exactly")


# ------------------------------------------------------------ multiplicative Gaussian
def g_gauss():
    for k in range(3):
        shp = [(2, D(3, 5)), (D(5, 8),), (2, 2, D(2, 4))][k]
        p = P()
        sd = math.sqrt(p / (1 - p))
        x, e = rnd(*shp), rnd(*shp)
        y, gy, g = grads_of(lambda L: L["x"] * (1 + sd * t(e)), {"x": x})
        add("gaussian_dropout", "train", {"p": p, "stddev": sd}, {"x": x}, {"normal": e}, {"y": y}, gy, g,
            "noise factor 1 + sqrt(p/(1-p)) * normal")
    x = rnd(2, 3)
    p = P()
    y, gy, g = grads_of(lambda L: L["x"] * 1.0, {"x": x})
    add("gaussian_dropout", "eval", {"p": p}, {"x": x}, {}, {"y": y}, gy, g, "identity")
    for k in range(3):
        shp = (2, D(3, 4))
        s = round(float(R.uniform(0.05, 0.9)), 3)
        x, e = rnd(*shp), rnd(*shp)
        y, gy, g = grads_of(lambda L: L["x"] + s * t(e), {"x": x})
        add("gaussian_noise", "train", {"stddev": s}, {"x": x}, {"normal": e}, {"y": y}, gy, g)
    # marginalised linear regression: Bernoulli and Gaussian give the same expected loss
    for k in range(2):
        n, d = 2, D(2, 4)
        X, w, y = rnd(n, d), rnd(d), rnd(n)
        p = P()

        def marg(L):
            r = t(y) - L["X"] @ L["w"]
            return (r ** 2).sum() + p / (1 - p) * ((L["X"] ** 2).sum(0) * L["w"] ** 2).sum()
        val, _, g = grads_of(marg, {"X": X, "w": w})
        M = masks(n * d)
        ex = sum(mprob(m, 1 - p) * ((y - (m.reshape(n, d) * X / (1 - p)) @ w) ** 2).sum() for m in M)
        close(ex, float(val), 1e-11)
        # classic (unscaled) form of Srivastava sec. 9.1
        exc = sum(mprob(m, 1 - p) * ((y - (m.reshape(n, d) * X) @ w) ** 2).sum() for m in M)
        kp = 1 - p
        close(exc, ((y - kp * X @ w) ** 2).sum() + kp * (1 - kp) * ((X ** 2).sum(0) * w ** 2).sum(), 1e-11)
        # Gaussian noise via 3-point Gauss-Hermite (exact for polynomials of degree 5)
        sd = math.sqrt(p / (1 - p))
        nodes, wt = np.array([-math.sqrt(3), 0, math.sqrt(3)]), np.array([1 / 6, 2 / 3, 1 / 6])
        if n * d <= 6:
            eg = 0.0
            for ix in itertools.product(range(3), repeat=n * d):
                ix = list(ix)
                eg += np.prod(wt[ix]) * ((y - (X * (1 + sd * nodes[ix].reshape(n, d))) @ w) ** 2).sum()
            close(eg, float(val), 1e-10)
        law("Bernoulli/Gaussian equivalence: expected squared loss of a linear model equals ||y-Xw||^2 + p/(1-p) sum_j w_j^2 ||X_j||^2 for both noises (enumeration, Gauss-Hermite)")
        add("dropout_marginal_linear", "inverted", {"p": p}, {"X": X, "w": w, "y": y}, {}, {"loss": val,
            "loss_classic": exc}, None, {"X": g["X"], "w": g["w"]},
            "exact expectation of ||y - (mask*X/(1-p)) w||^2; equals the Gaussian-dropout expectation with variance p/(1-p)")


# ----------------------------------------------------------------------------- standout
def g_standout():
    for k in range(3):
        N, i, o = 2, D(2, 3), D(3, 4)
        x, W, b = rnd(N, i), rnd(o, i), rnd(o)
        al, be = [(1.0, 0.0), (round(float(R.uniform(.3, 2)), 3), round(float(R.uniform(-1, 1)), 3)),
                  (round(float(R.uniform(-1.5, -.3)), 3), round(float(R.uniform(-1, 1)), 3))][k]
        keep = 1 / (1 + np.exp(-(al * (x @ W.T) + be)))
        u = uni((N, o), 1 - keep)
        m = (u >= 1 - keep).astype(np.int64)
        y, gy, g = grads_of(lambda L: torch.relu(L["x"] @ L["W"].T + L["b"]) * t(m), {"x": x, "W": W, "b": b})
        add("standout", "tied_train_relu", {"alpha": al, "beta": be}, {"x": x, "W": W, "b": b}, {"u": u, "mask": m},
            {"y": y, "keepProb": keep}, gy, g, "keepProb = sigmoid(alpha * (x W^T) + beta), layer bias not included; mask is stop-gradient; no rescaling")
        fn = lambda L: torch.relu(L["x"] @ L["W"].T + L["b"]) * torch.sigmoid(al * (L["x"] @ L["W"].T) + be)
        y, gy, g = grads_of(fn, {"x": x, "W": W, "b": b})
        fd_check(fn, {"x": x, "W": W, "b": b}, gy, g, "W")
        a = np.maximum(x @ W.T + b, 0)
        M = masks(o)
        E = sum(np.array([mprob(mm, keep[r]) for r in range(N)])[:, None] * (mm * a) for mm in M)
        close(E, y)
        law("standout: eval (keepProb * activation) = exact mean over all masks")
        add("standout", "tied_eval_relu", {"alpha": al, "beta": be}, {"x": x, "W": W, "b": b}, {}, {"y": y, "keepProb": keep}, gy, g,
            "eval is the expectation; gradients flow through keepProb")
    for train in (True, False):      # literal reading pi = alpha*W + beta, element by element
        N, i, o = 2, D(2, 3), D(3, 4)
        x, W, b = rnd(N, i), rnd(o, i), rnd(o)
        al, be = round(float(R.uniform(.3, 2)), 3), round(float(R.uniform(-1, 1)), 3)
        keep = 1 / (1 + np.exp(-(x @ (al * W + be).T)))
        close(keep, 1 / (1 + np.exp(-(al * (x @ W.T) + be * x.sum(1, keepdims=True)))))
        u = uni((N, o), 1 - keep)
        m = (u >= 1 - keep).astype(np.int64)
        if train:
            fn, nz = (lambda L: torch.relu(L["x"] @ L["W"].T + L["b"]) * t(m)), {"u": u, "mask": m}
        else:
            fn, nz = (lambda L: torch.relu(L["x"] @ L["W"].T + L["b"]) * torch.sigmoid(L["x"] @ (al * L["W"] + be).T)), {}
        y, gy, g = grads_of(fn, {"x": x, "W": W, "b": b})
        add("standout", "tied_weights_%s_relu" % ("train" if train else "eval"), {"alpha": al, "beta": be, "tie": "weights"}, {"x": x, "W": W, "b": b}, nz,
            {"y": y, "keepProb": keep}, gy, g, "keepProb = sigmoid(x (alpha*W + beta)^T) = sigmoid(alpha*(x W^T) + beta*sum(x))")
    N, i, o = 2, 3, D(2, 4)
    x, W, b, PI = rnd(N, i), rnd(o, i), rnd(o), rnd(o, i)
    keep = 1 / (1 + np.exp(-(x @ PI.T)))
    u = uni((N, o), 1 - keep)
    m = (u >= 1 - keep).astype(np.int64)
    y, gy, g = grads_of(lambda L: torch.tanh(L["x"] @ L["W"].T + L["b"]) * t(m), {"x": x, "W": W, "b": b})
    add("standout", "separate_belief_train_tanh", {}, {"x": x, "W": W, "b": b, "Pi": PI}, {"u": u, "mask": m},
        {"y": y, "keepProb": keep}, gy, g, "grads do not include Pi: the sampled mask is a constant")


# ---------------------------------------------------------------------- spatial dropout
def g_spatial():
    p, xi, xj = 0.3, 1.7, -0.6      # one shared decision: covariance p/(1-p) x_i x_j
    cov = sum(w * (m * xi / (1 - p) - xi) * (m * xj / (1 - p) - xj) for m, w in ((1, 1 - p), (0, p)))
    close(cov, p / (1 - p) * xi * xj)
    law("spatial_dropout: covariance of two positions of one channel = p/(1-p) x_i x_j")
    for nd in (1, 2, 3):
        sp = tuple(D(2, 3) for _ in range(nd))
        N, C = 2, D(3, 4)
        x = rnd(N, C, *sp)
        p = P()
        u, m = mixed_mask((N, C), p)
        mb = m.reshape((N, C) + (1,) * nd)
        y, gy, g = grads_of(lambda L: L["x"] * t(mb) / (1 - p), {"x": x})
        yy = y.detach().numpy().reshape(N, C, -1)
        assert all((yy[a, b] == 0).all() if m[a, b] == 0 else (yy[a, b] != 0).all() for a in range(N) for b in range(C))
        add("spatial_dropout", "%dd_train" % nd, {"p": p}, {"x": x}, {"u": u, "mask": m}, {"y": y}, gy, g,
            "mask is one value per (sample, channel); layout N,C,spatial...")
    law("spatial_dropout: all-or-nothing per channel")
    x = rnd(D(3, 4), 3, 2)[0]
    p = P()
    u, m = mixed_mask((3,), p)
    y, gy, g = grads_of(lambda L: L["x"] * t(m.reshape(3, 1)) / (1 - p), {"x": x})
    add("spatial_dropout", "1d_train_unbatched", {"p": p}, {"x": x}, {"u": u, "mask": m}, {"y": y}, gy, g, "input (C,L): one value per channel")


# ---------------------------------------------------------------------------- dropblock
def block_mask(seeds, H, W, bh, bw):
    """numpy loops; seeds (..., H-bh+1, W-bw+1) anchored at the block's top-left corner."""
    m = np.ones(seeds.shape[:-2] + (H, W), dtype=np.int64)
    for ix in zip(*np.nonzero(seeds)):
        m[ix[:-2] + (slice(ix[-2], ix[-2] + bh), slice(ix[-1], ix[-1] + bw))] = 0
    return m


def block_mask_pool(seeds, b):
    s = torch.tensor(seeds.astype(float))
    return (1 - F.max_pool2d(F.pad(s, [b - 1] * 4), b, stride=1)).numpy()


def g_dropblock():
    cfg = [("shared", 3), ("per_channel", 2), ("per_channel", 3), ("shared", 1)]
    for kind, b in cfg:
        N, C, H, W = 2, D(2, 3), D(4, 6), D(4, 6)
        p = P(0.1, 0.4)
        gamma = p * H * W / (b * b * (H - b + 1) * (W - b + 1))
        assert gamma <= p + 1e-15
        cs = 1 if kind == "shared" else C
        for _ in range(50):
            u = uni((N, cs, H - b + 1, W - b + 1), gamma)
            s = (u < gamma).astype(np.int64)
            m = block_mask(s, H, W, b, b)
            if 0 < m.sum() < m.size:
                break
        close(m.astype(float), block_mask_pool(s, b))
        if b % 2:   # centre-anchored form with symmetric padding (paper / torchvision) coincides for odd b
            q = F.max_pool2d(F.pad(t(s), [b // 2] * 4), b, stride=1, padding=b // 2)
            close(1 - q.numpy(), m.astype(float))
        x = rnd(N, C, H, W)
        mf = np.broadcast_to(m, (N, C, H, W))
        sc = m.size / m.sum()
        close(float((mf * sc).mean()), 1.0)
        law("dropblock: mean of mask*scale over the tensor is exactly 1 unless everything is dropped")
        y, gy, g = grads_of(lambda L: L["x"] * t(mf) * sc, {"x": x})
        add("dropblock", "2d_train_" + kind, {"p": p, "blockSize": b, "gamma": gamma, "mask": kind}, {"x": x},
            {"u": u, "seeds": s}, {"y": y, "mask": m, "scale": sc}, gy, g,
            "seed = top-left corner of a b x b block inside the valid (H-b+1, W-b+1) grid; scale = mask.size / mask.sum()")
        # exact per-position drop probability
        cnt = np.zeros((H, W))
        for a in range(H - b + 1):
            for c in range(W - b + 1):
                cnt[a:a + b, c:c + b] += 1
        pd = 1 - (1 - gamma) ** cnt
        assert pd.mean() <= p + 1e-12
        NN = 4000
        sim = (R.uniform(size=(NN, 1, H - b + 1, W - b + 1)) < gamma).astype(float)
        dropped = 1 - block_mask_pool(sim, b)[:, 0]
        zcheck(dropped.mean(0), pd, np.sqrt(pd * (1 - pd)), NN, "dropblock")
        law("dropblock: per-position drop probability = 1-(1-gamma)^(covering seeds), mean <= p, Monte-Carlo agrees; gamma <= p; numpy loop = max-pool form = centred form for odd b")
        add("dropblock", "drop_probability_exact", {"p": p, "blockSize": b, "H": H, "W": W, "gamma": gamma}, {}, {},
            {"cover_count": cnt.astype(np.int64), "drop_probability": pd, "expected_dropped_fraction": float(pd.mean())})
    # block bigger than map, everything dropped
    N, C, H, W = 1, 2, 3, 4
    x = rnd(N, C, H, W)
    s = np.ones((1, 1, 1, 2), dtype=np.int64)
    m = block_mask(s, H, W, 3, 3)
    assert m.sum() == 0
    gy = rnd(N, C, H, W)
    add("dropblock", "2d_train_shared", {"p": 0.5, "blockSize": 7, "gamma": 0.5 * H * W / (9 * 1 * 2), "mask": "shared"},
        {"x": x}, {"seeds": s}, {"y": np.zeros_like(x), "mask": m, "scale": 0.0}, gy, {"x": np.zeros_like(x)},
        "block side clamped to min(blockSize, H, W)=3 (square blocks); all positions dropped -> zeros, scale defined as 0, no NaN")
    # 1-d
    N, C, Ln, b = 2, 2, D(5, 8), 3
    p = P(0.1, 0.4)
    gamma = p * Ln / (b * (Ln - b + 1))
    u = uni((N, C, Ln - b + 1), gamma)
    s = (u < gamma).astype(np.int64)
    m = np.ones((N, C, Ln), dtype=np.int64)
    for ix in zip(*np.nonzero(s)):
        m[ix[0], ix[1], ix[2]:ix[2] + b] = 0
    x = rnd(N, C, Ln)
    sc = m.size / m.sum() if m.sum() else 0.0
    y, gy, g = grads_of(lambda L: L["x"] * t(m) * sc, {"x": x})
    add("dropblock", "1d_train_per_channel", {"p": p, "blockSize": b, "gamma": gamma}, {"x": x}, {"u": u, "seeds": s},
        {"y": y, "mask": m, "scale": sc}, gy, g)
    # schedule
    for total, pf in ((D(5, 10), P(0.1, 0.3)),):
        v = [pf * min(max(k / total, 0), 1) for k in range(total + 3)]
        add("schedule", "linear_ramp", {"start": 0.0, "end": pf, "steps": total}, {}, {}, {"values": v},
            note="drop probability at step k = end*min(k/steps,1) (DropBlock: keep_prob falls linearly from 1)")
    # gamma table with the law b(F-b+1) >= F
    tab = []
    for Fs in range(1, 12):
        for b in range(1, Fs + 1):
            gm = 0.3 * Fs * Fs / (b * b * (Fs - b + 1) ** 2)
            assert gm <= 0.3 + 1e-12
            tab.append([Fs, b, gm])
    add("dropblock", "gamma_table", {"p": 0.3}, {}, {}, {"rows_feat_block_gamma": tab[:: 3]})


# --------------------------------------------------------------------------------- WCD
def pl_inclusion(s, M):
    """exact inclusion probabilities of sequential weighted sampling without replacement."""
    C = len(s)
    inc = np.zeros(C)
    for perm in itertools.permutations(range(C), M):
        pr, rest = 1.0, s.sum()
        for i in perm:
            pr *= s[i] / rest
            rest -= s[i]
        inc[list(perm)] += pr
    return inc


def g_wcd():
    for k in range(4):
        N, C, H, W = 2, D(4, 6), 2, D(2, 3)
        x = np.abs(rnd(N, C, H, W)) * np.exp(rnd(N, C, 1, 1))
        if k == 3:
            x[:, 0] = 0.0      # a dead channel: score 0, can only be selected last
        ratio = [0.5, 0.8, 0.6, 0.75][k]
        q = [1.0, 0.7, 1.0, 0.8][k]
        M = max(1, int(math.floor(ratio * C + 1e-9)))
        u = uni((N, C))
        ur = uni((N, C), 1 - q)
        sc = x.mean((2, 3))
        with np.errstate(divide="ignore"):
            key = np.where(sc > 0, np.log(u) / np.where(sc > 0, sc, 1), -np.inf)
        order = np.argsort(-key, axis=1, kind="stable")
        wrs = np.zeros((N, C), dtype=np.int64)
        for r in range(N):
            wrs[r, order[r, :M]] = 1
        close(np.argsort(-(np.where(sc > 0, u ** (1 / np.where(sc > 0, sc, 1)), -1.0)), axis=1, kind="stable")[:, :M].astype(float), order[:, :M].astype(float))
        rng = (ur >= 1 - q).astype(np.int64)
        alpha = sc.sum(1) / (sc * wrs).sum(1)
        mask = wrs * rng
        coef = (alpha[:, None] * mask)[:, :, None, None]
        y, gy, g = grads_of(lambda L: L["x"] * t(coef), {"x": x})
        if q == 1.0:
            close(y.detach().numpy().mean((2, 3)).sum(1), sc.sum(1))
            law("wcd: with the extra RNG off, sum of channel GAPs is preserved exactly (alpha rescale)")
        add("weighted_channel_dropout", "train", {"wrsRatio": ratio, "M": M, "rngKeepProb": q}, {"x": x},
            {"u": u, "rng_u": ur}, {"y": y, "score": sc, "wrs_mask": wrs, "mask": mask, "alpha": alpha}, gy, g,
            "key = u^(1/score) (compare log(u)/score); M = max(1, floor(wrsRatio*C + 1e-9)); alpha = sum(score)/sum(score of WRS-selected); alpha and mask stop-gradient; rng dropped iff rng_u < 1-rngKeepProb")
    for k in range(2):
        C, M = D(3, 5), 2
        s = np.exp(rnd(C) * 0.8)
        inc = pl_inclusion(s, M)
        close(inc.sum(), float(M))
        o = np.argsort(s)
        assert (np.diff(inc[o]) > -1e-12).all()
        NN = 20000
        kk = np.log(R.uniform(1e-12, 1, size=(NN, C))) / s
        sel = np.zeros((NN, C))
        np.put_along_axis(sel, np.argsort(-kk, 1)[:, :M], 1, 1)
        zcheck(sel.mean(0), inc, np.sqrt(inc * (1 - inc)), NN, "wcd inclusion")
        first = s / s.sum()
        f = np.bincount(np.argmax(kk, 1), minlength=C) / NN
        zcheck(f, first, np.sqrt(first * (1 - first)), NN, "wcd first")
        law("wcd: P(first selected)=score/sum, inclusion probabilities = sequential weighted sampling without replacement, sum to M, monotone in score")
        add("weighted_channel_dropout", "inclusion_probability_exact", {"M": M}, {"score": s}, {}, {"inclusion_probability": inc, "first_pick_probability": first})


# ---------------------------------------------------------- max-pooling dropout and PWP
def windows(H, W, k, s, pad):
    oh, ow = (H + 2 * pad - k) // s + 1, (W + 2 * pad - k) // s + 1
    for a in range(oh):
        for b in range(ow):
            yield a, b, [(i, j) for i in range(a * s - pad, a * s - pad + k) for j in range(b * s - pad, b * s - pad + k)
                         if 0 <= i < H and 0 <= j < W]


def pwp_torch(x, k, s, pad, p):
    """exact expectation of max over the window of (dropout without rescale)."""
    N, C, H, W = x.shape
    rows = {}
    for a, b, w in windows(H, W, k, s, pad):
        v = torch.stack([x[:, :, i, j] for i, j in w], -1)
        vs, _ = torch.sort(v, -1)
        n = vs.shape[-1]
        wt = torch.tensor([(1 - p) * p ** (n - i) for i in range(1, n + 1)])
        pos = (vs > 0).double()
        val = (vs * wt * pos).sum(-1)
        nopos = (pos.sum(-1) == 0).double()
        val = val + nopos * (1 - p) ** n * vs[..., -1]
        rows.setdefault(a, []).append(val)
    return torch.stack([torch.stack(r, -1) for r in rows.values()], -2)


def g_maxpool():
    cfg = [(2, 2, 0, 4, 4, False), (3, 2, 0, 5, 5, False), (2, 2, 1, 4, 3, False), (2, 2, 0, 4, 4, True)]
    for k, s, pad, H, W, neg in cfg:
        N, C = 1, 2
        p = P(0.2, 0.7)
        x = rnd(N, C, H, W) if neg else np.abs(rnd(N, C, H, W))
        u, m = mixed_mask(x.shape, p)
        fn = lambda L: F.max_pool2d(L["x"] * t(m), k, s, pad)
        y, gy, g = grads_of(fn, {"x": x})
        ref = np.zeros(y.shape)
        for a, b, w in windows(H, W, k, s, pad):
            ref[:, :, a, b] = np.max([(x * m)[:, :, i, j] for i, j in w], 0)
        close(y, ref)
        # a window where everything was dropped has output 0 and contributes zero gradient (mask*...)
        add("max_pool_dropout", "train", {"p": p, "kernelSize": k, "stride": s, "padding": pad}, {"x": x}, {"u": u, "mask": m}, {"y": y}, gy, g,
            "dropout without rescaling, then max-pool; padding cells never win" + ("; negative inputs present" if neg else ""))
        fn = lambda L: pwp_torch(L["x"], k, s, pad, p)
        y, gy, g = grads_of(fn, {"x": x})
        fd_check(fn, {"x": x}, gy, g, "x")
        # enumerate all masks window by window
        for a, b, w in windows(H, W, k, s, pad):
            if len(w) > 9:
                continue
            tot = 0.0
            for mm in masks(len(w)):
                v = np.array([x[0, :, i, j] for i, j in w]) * mm[:, None]
                tot = tot + mprob(mm, 1 - p) * v.max(0)
            close(tot, y[0, :, a, b], 1e-11)
        if not neg:
            grid = [pwp_torch(t(x), k, s, pad, pp) for pp in (0.0, 0.25, 0.5, 0.75, 1.0)]
            close(grid[0], F.max_pool2d(t(x), k, s, pad))
            assert all((b_ <= a_ + 1e-12).all() for a_, b_ in zip(grid, grid[1:])) and float(grid[-1].abs().max()) == 0
            law("max_pool_dropout: PWP is max-pooling at p=0, 0 at p=1, decreasing in p (non-negative inputs)")
        law("max_pool_dropout: probabilistic weighted pooling = exact mean of dropout-then-max over all masks (also with negative inputs, using the extended formula)")
        add("max_pool_dropout", "eval_probabilistic_weighted_pooling", {"p": p, "kernelSize": k, "stride": s, "padding": pad}, {"x": x}, {}, {"y": y}, gy, g)
        y, gy, g = grads_of(lambda L: (1 - p) * F.max_pool2d(L["x"], k, s, pad), {"x": x})
        if not neg and k == 2 and pad == 0:
            add("max_pool_dropout", "eval_scaled_max_pooling", {"p": p, "kernelSize": k, "stride": s, "padding": pad}, {"x": x}, {}, {"y": y}, gy, g, "(1-p)*max baseline of the paper")
    for n in (D(3, 5), D(6, 9)):
        p = P(0.1, 0.8)
        pr = [p ** n] + [(1 - p) * p ** (n - i) for i in range(1, n + 1)]
        close(sum(pr), 1.0)
        close(sum(pr[1:]), 1 - p ** n)
        a = np.sort(np.abs(rnd(n)))
        NN = 20000
        mm = R.uniform(size=(NN, n)) >= p
        arg = np.where(mm.any(1), n - np.argmax(mm[:, ::-1], 1), 0)
        f = np.bincount(arg, minlength=n + 1) / NN
        pr = np.array(pr)
        zcheck(f, pr, np.sqrt(pr * (1 - pr)), NN, "multinomial")
        law("max_pool_dropout: P(output=a_i)=(1-p)p^(n-i), sum = 1-p^n, P(0)=p^n; Monte-Carlo agrees")
        add("max_pool_dropout", "multinomial_probabilities", {"p": p, "n": n}, {"sorted_activations": a}, {},
            {"probabilities_0_to_n": pr, "expectation": float((pr[1:] * a).sum())}, note="index 0 = all dropped (output 0); a sorted ascending; p is the DROP probability")


# ----------------------------------------------------------------------------- max-drop
def g_maxdrop():
    for k, mode in enumerate(["feature", "channel", "feature"]):
        N, C, H, W = 2, D(2, 4), D(3, 4), D(3, 4)
        p = P(0.2, 0.7)
        ks = 3 if k == 2 else 1
        x = rnd(N, C, H, W)
        if mode == "feature":
            u, d = mixed_mask((N, C), p)
            drop = 1 - d
            m = np.ones_like(x)
            for a in range(N):
                for c in range(C):
                    if drop[a, c]:
                        i, j = np.unravel_index(np.argmax(x[a, c]), (H, W))
                        h = ks // 2
                        m[a, c, max(0, i - h):i + h + 1, max(0, j - h):j + h + 1] = 0
            scale = 1 / (1 - p * ks * ks / (H * W))
            assert ks > 1 or (m == 0).sum((2, 3)).max() <= 1
        else:
            u, d = mixed_mask((N, H, W), p)
            drop = 1 - d
            m = np.ones_like(x)
            for a in range(N):
                for i in range(H):
                    for j in range(W):
                        if drop[a, i, j]:
                            m[a, np.argmax(x[a, :, i, j]), i, j] = 0
            scale = 1 / (1 - p / C)
            assert ((m == 0).sum(1) == drop).all()
        m = m.astype(np.int64)
        y, gy, g = grads_of(lambda L: L["x"] * t(m) * scale, {"x": x})
        add("max_drop", mode + "_bernoulli_train", {"p": p, "mode": mode, "kernelSize": ks, "rescale": True, "scale": scale}, {"x": x},
            {"u": u, "drop": drop}, {"y": y, "mask": m}, gy, g, "first maximum in row-major order; u indexed (n,c) for feature, (n,h,w) for channel; maximum dropped iff u < p")
        add("max_drop", mode + "_bernoulli_train", {"p": p, "mode": mode, "kernelSize": ks, "rescale": False, "scale": 1.0}, {"x": x},
            {"u": u, "drop": drop}, {"y": x * m, "mask": m}, gy, {"x": gy * m}, "same without rescaling")
    for mode in ("feature", "channel"):
        N, C, H, W = 2, 2, 3, D(2, 3)
        p = P(0.2, 0.7)
        x = rnd(N, C, H, W)
        e = rnd(N, C) if mode == "feature" else rnd(N, H, W)
        f = np.ones_like(x)
        sd = math.sqrt(p / (1 - p))
        if mode == "feature":
            for a in range(N):
                for c in range(C):
                    i, j = np.unravel_index(np.argmax(x[a, c]), (H, W))
                    f[a, c, i, j] = 1 + sd * e[a, c]
        else:
            for a in range(N):
                for i in range(H):
                    for j in range(W):
                        f[a, np.argmax(x[a, :, i, j]), i, j] = 1 + sd * e[a, i, j]
        y, gy, g = grads_of(lambda L: L["x"] * t(f), {"x": x})
        add("max_drop", mode + "_gaussian_train", {"p": p, "mode": mode, "stddev": sd}, {"x": x}, {"normal": e}, {"y": y}, gy, g,
            "only the maximum is multiplied by 1+sqrt(p/(1-p))*normal; mean preserving; no rescale")
    law("max_drop: feature mode drops at most one unit per map (kernel 1); channel mode exactly one channel at the chosen positions")


# --------------------------------------------------------------------------- maxdropout
def g_maxdropout():
    for k in range(3):
        shp = [(2, D(4, 6)), (2, 2, 3, D(2, 3)), (D(6, 9),)][k]
        p = P(0.1, 0.6)
        x = rnd(*shp)
        nrm = (x - x.min()) / (x.max() - x.min())
        while np.abs(nrm - (1 - p)).min() < 1e-4:
            p += 1e-3
        m = (nrm <= 1 - p).astype(np.int64)
        assert m.ravel()[np.argmax(x)] == 0 and m.ravel()[np.argmin(x)] == 1
        y, gy, g = grads_of(lambda L: L["x"] * t(m), {"x": x})
        a, b = 2.5, -1.7      # affine invariance of the mask
        x2 = a * x + b
        assert (((x2 - x2.min()) / (x2.max() - x2.min()) <= 1 - p).astype(np.int64) == m).all()
        law("maxdropout(minmax): the maximum is always dropped, the minimum never (0<p<1), mask invariant to positive affine maps")
        add("max_dropout", "minmax_train", {"p": p, "norm": "minmax"}, {"x": x}, {}, {"y": y, "mask": m}, gy, g,
            "drop where (x-min)/(max-min) > 1-p over the whole tensor; the ORIGINAL values are passed through; no rescaling; mask stop-gradient")
    for k in range(2):
        p = P(0.3, 0.7)
        rate = round(float(R.uniform(0.1, 1)) * p, 6)
        x = np.abs(rnd(2, D(4, 6)))
        l2 = x / np.sqrt((x ** 2).sum())
        m = (l2 <= (1 - rate) * l2.max()).astype(np.int64)
        assert (m == (x <= (1 - rate) * x.max())).all() or True
        close(m.astype(float), (x <= (1 - rate) * x.max()).astype(float))
        y, gy, g = grads_of(lambda L: L["x"] * t(m), {"x": x})
        add("max_dropout", "l2_random_rate_train", {"p": p, "norm": "l2"}, {"x": x}, {"rate": rate}, {"y": y, "mask": m}, gy, g,
            "paper's Algorithm 1: rate ~ U(0,p) given; keep where x/||x|| <= (1-rate)*max(x/||x||)")
    x = np.full((2, 3), 0.7)
    gy = rnd(2, 3)
    add("max_dropout", "minmax_train", {"p": 0.3, "norm": "minmax"}, {"x": x}, {}, {"y": x, "mask": np.ones((2, 3), dtype=np.int64)}, gy, {"x": gy},
        "constant input: nothing dropped, no NaN")


# ------------------------------------------------------------------------------- R-Drop
def g_rdrop():
    for k in range(4):
        N, K = D(2, 3), D(3, 5)
        z1, z2 = rnd(N, K) * 1.5, rnd(N, K) * 1.5
        if k == 3:
            z1, z2 = z1 * 200, z2 * 200     # extreme logits: must stay finite
        lab = R.randint(0, K, size=N)
        al = [1.0, 5.0, 0.3, 0.6][k]
        red = ["mean", "sum", "mean", "mean"][k]
        rf = (lambda v: v.mean()) if red == "mean" else (lambda v: v.sum())

        def parts(L):
            l1, l2 = F.log_softmax(L["logits1"], -1), F.log_softmax(L["logits2"], -1)
            nll = -l1[torch.arange(N), torch.tensor(lab)] - l2[torch.arange(N), torch.tensor(lab)]
            kl12 = (l1.exp() * (l1 - l2)).sum(-1)
            kl21 = (l2.exp() * (l2 - l1)).sum(-1)
            return nll, kl12, kl21
        fn = lambda L: (lambda a: rf(a[0]) + al * rf(0.5 * (a[1] + a[2])))(parts(L))
        y, _, g = grads_of(fn, {"logits1": z1, "logits2": z2})
        nll, k12, k21 = parts({"logits1": t(z1), "logits2": t(z2)})
        p1, p2 = F.softmax(t(z1), -1), F.softmax(t(z2), -1)
        if k < 3:
            fd_check(fn, {"logits1": z1, "logits2": z2}, None, g, "logits1")
            close(0.5 * (k12 + k21), 0.5 * ((p1 - p2) * (p1.log() - p2.log())).sum(-1), 1e-10)
            # torch's kl_div argument order: kl_div(log q, p) = KL(p||q)
            close(F.kl_div(F.log_softmax(t(z2), -1), p1, reduction="none").sum(-1), k12, 1e-10)
        assert (k12 >= -1e-12).all() and (k21 >= -1e-12).all()
        for gn in ("logits1", "logits2"):
            assert float(g[gn].sum(-1).abs().max()) < 1e-9 * (1 + float(g[gn].abs().max()))
        law("r_drop: gradient rows sum to zero for both logits")
        sw = fn({"logits1": t(z2), "logits2": t(z1)})
        close(sw, y, 1e-12)
        same = 0.5 * sum(parts({"logits1": t(z1), "logits2": t(z1) + 3.0})[1:])
        close(same, torch.zeros(N), 1e-10)
        add("r_drop", "loss", {"alpha": al, "reduction": red, "nll": "sum of both passes"}, {"logits1": z1, "logits2": z2}, {"labels": lab},
            {"loss": y, "nll_per_sample": nll, "kl12_per_sample": k12, "kl21_per_sample": k21, "kl_sym_per_sample": 0.5 * (k12 + k21)}, None, g,
            "loss = red(nll1+nll2) + alpha*red((KL12+KL21)/2); gradients flow to BOTH logits" + ("; extreme logits" if k == 3 else ""))
    law("r_drop: symmetric under swapping passes, KL >= 0, 0 iff equal distributions (logits may differ by a constant), finite for huge logits")
    # full net
    nin, nh, K, N = 2, 3, 3, 2
    p = P(0.2, 0.6)
    x, W1, W2 = rnd(N, nin), rnd(nh, nin), rnd(K, nh)
    u = uni((2, N, nh), p)
    m = (u >= p).astype(np.int64)
    lab = R.randint(0, K, size=N)

    def net(L):
        h = torch.tanh(L["x"] @ L["W1"].T)
        l1, l2 = [F.log_softmax((h * t(m[i]) / (1 - p)) @ L["W2"].T, -1) for i in (0, 1)]
        ii = torch.arange(N)
        return (-l1[ii, torch.tensor(lab)] - l2[ii, torch.tensor(lab)]).mean() + 1.0 * (0.5 * ((l1.exp() - l2.exp()) * (l1 - l2)).sum(-1)).mean()
    y, _, g = grads_of(net, {"x": x, "W1": W1, "W2": W2})
    fd_check(net, {"x": x, "W1": W1, "W2": W2}, None, g, "W1")
    add("r_drop", "two_pass_net_tanh", {"alpha": 1.0, "p": p, "reduction": "mean"}, {"x": x, "W1": W1, "W2": W2}, {"u": u, "mask": m, "labels": lab}, {"loss": y}, None, g,
        "h = tanh(x W1^T), inverted dropout with mask[0] / mask[1], logits = h W2^T (no biases)")


# --------------------------------------------------------------------- stochastic depth
def g_depth():
    for Lb, pL in ((D(3, 5), 0.5), (D(6, 9), P(0.3, 0.9))):
        surv = [1 - l / Lb * (1 - pL) for l in range(1, Lb + 1)]
        pmf = np.array([1.0])
        for s in surv:
            pmf = np.convolve(pmf, [1 - s, s])
        ed = float(sum(surv))
        close(ed, float((pmf * np.arange(Lb + 1)).sum()))
        if pL == 0.5:
            close(ed, (3 * Lb - 1) / 4)
        close(ed, Lb - (1 - pL) * (Lb + 1) / 2)
        add("stochastic_depth", "linear_decay_schedule", {"L": Lb, "pL": pL}, {}, {}, {"survival": surv, "expected_depth": ed, "depth_pmf": pmf,
            "timm_drop_rates": [float(v) for v in np.linspace(0, 1 - pL, Lb)]},
            note="paper: l/L*(1-pL) dropped, l=1..L; timm: linspace(0, 1-pL, L), first block never dropped")
    law("stochastic_depth: expected depth = sum of survival = L-(1-pL)(L+1)/2 = (3L-1)/4 at pL=0.5; Poisson-binomial pmf")
    for k in range(2):
        Lb, N, d = 3, 2, D(2, 3)
        pL = [0.5, P(0.3, 0.8)][k]
        surv = [1 - l / Lb * (1 - pL) for l in range(1, Lb + 1)]
        x, Ws = rnd(N, d), rnd(Lb, d, d)
        b = R.randint(0, 2, size=Lb)
        relu = bool(k)
        act = torch.relu if relu else (lambda v: v)

        def run(L, gate):
            h = L["x"]
            for l in range(Lb):
                h = act(h + gate[l] * torch.tanh(h @ L["W"][l].T))
            return h
        inp = {"x": x, "W": Ws}
        pr = {"pL": pL, "L": Lb, "survival": surv, "postRelu": relu}
        y, gy, g = grads_of(lambda L: run(L, [float(v) for v in b]), inp)
        add("stochastic_depth", "net_train_classic", pr, inp, {"gates": b}, {"y": y}, gy, g, "h <- act(h + b_l * tanh(h W_l^T)); a dropped block receives zero gradient")
        for l in range(Lb):
            assert b[l] or float(g["W"][l].abs().max()) == 0
        y, gy, g = grads_of(lambda L: run(L, surv), inp)
        add("stochastic_depth", "net_eval_classic", pr, inp, {}, {"y": y}, gy, g, "h <- act(h + p_l * f_l(h)): weighted by the SURVIVAL probability")
        y, gy, g = grads_of(lambda L: run(L, [float(v) / s for v, s in zip(b, surv)]), inp)
        add("stochastic_depth", "net_train_inverted", pr, inp, {"gates": b}, {"y": y}, gy, g, "scale_by_keep: b_l / p_l in training, full residual at eval")
        y, gy, g = grads_of(lambda L: run(L, [1.0] * Lb), inp)
        add("stochastic_depth", "net_eval_inverted", pr, inp, {}, {"y": y}, gy, g)
    # linear blocks: eval net = exact expectation over 2^L
    Lb, d = D(3, 4), 2
    x, Ws = rnd(1, d), rnd(Lb, d, d)
    surv = [1 - l / Lb * 0.5 for l in range(1, Lb + 1)]
    E = 0
    for mm in masks(Lb):
        h = x
        for l in range(Lb):
            h = h + mm[l] * h @ Ws[l].T
        E = E + mprob(mm, np.array(surv)) * h
    h = x
    for l in range(Lb):
        h = h + surv[l] * h @ Ws[l].T
    close(E, h, 1e-11)
    law("stochastic_depth: with linear blocks the eval network equals the mean over all 2^L depths exactly")
    add("stochastic_depth", "linear_blocks_exact_mean", {"L": Lb, "pL": 0.5, "survival": surv}, {"x": x, "W": Ws}, {}, {"mean": E})
    for k in range(3):
        shp = [(4, 3), (3, 2, 2, 2), (5, D(2, 3))][k]
        p = P(0.2, 0.7)
        x = rnd(*shp)
        u, m = mixed_mask((shp[0],), p)
        sbk = k != 2
        cf = (m / (1 - p) if sbk else m * 1.0).reshape((-1,) + (1,) * (len(shp) - 1))
        y, gy, g = grads_of(lambda L: L["x"] * t(cf), {"x": x})
        add("drop_path", "train", {"p": p, "scaleByKeep": sbk}, {"x": x}, {"u": u, "mask": m}, {"y": y}, gy, g, "one draw per sample")


# --------------------------------------------------------------------- shorter entries
ALPHA, SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


def g_alpha():
    for k in range(3):
        shp = (2, D(3, 5))
        p = P(0.05, 0.7)
        x = rnd(*shp)
        u, m = mixed_mask(shp, p)
        ap_ = -ALPHA * SCALE
        a = 1 / math.sqrt((1 - p) * (1 + p * ap_ ** 2))
        b = -a * ap_ * p
        y, gy, g = grads_of(lambda L: a * (L["x"] * t(m) + ap_ * (1 - t(m))) + b, {"x": x})
        # exact: E, Var for zero-mean unit-variance x
        e1 = a * ((1 - p) * 0 + p * ap_) + b
        e2 = a * a * ((1 - p) * 1 + p * ap_ ** 2) + 2 * a * b * (p * ap_) + b * b
        close(e1, 0.0)
        close(e2 - e1 ** 2, 1.0)
        add("alpha_dropout", "train", {"p": p, "alphaPrime": ap_, "a": a, "b": b}, {"x": x}, {"u": u, "mask": m}, {"y": y}, gy, g)
    law("alpha_dropout: zero mean / unit variance preserved exactly for zero-mean unit-variance input")
    x = rnd(2, 3)
    gy = rnd(2, 3)
    add("alpha_dropout", "train", {"p": 1.0}, {"x": x}, {"mask": np.zeros((2, 3), dtype=np.int64)}, {"y": np.zeros((2, 3))}, gy, {"x": np.zeros((2, 3))}, "p=1: zeros (as PyTorch), a would be 1/0")


def g_dropconnect():
    for k in range(2):
        N, i, o = 2, D(2, 3), D(2, 3)
        p = P(0.2, 0.7)
        x, W, b = rnd(N, i), rnd(o, i), rnd(o)
        u, m = mixed_mask((o, i), p)
        y, gy, g = grads_of(lambda L: L["x"] @ (L["W"] * t(m) / (1 - p)).T + L["b"], {"x": x, "W": W, "b": b})
        add("dropconnect", "linear_train_inverted", {"p": p}, {"x": x, "W": W, "b": b}, {"u": u, "mask": m}, {"y": y}, gy, g, "one weight mask for the batch, weights scaled by 1/(1-p), bias not dropped")
    N, i, o = 2, 2, D(2, 3)
    p = P(0.2, 0.7)
    x, W, b = rnd(N, i), rnd(o, i), rnd(o)
    u, m = mixed_mask((N, o, i), p)
    y, gy, g = grads_of(lambda L: torch.einsum("noi,oi,ni->no", t(m), L["W"], L["x"]) / (1 - p) + L["b"], {"x": x, "W": W, "b": b})
    add("dropconnect", "linear_train_inverted_per_sample", {"p": p}, {"x": x, "W": W, "b": b}, {"u": u, "mask": m}, {"y": y}, gy, g, "independent mask per sample (paper)")
    mean = x @ W.T
    var = p / (1 - p) * (x ** 2) @ (W ** 2).T
    M = masks(i * o)
    w = np.array([mprob(mm, 1 - p) for mm in M])
    Y = np.array([x @ (W * mm.reshape(o, i) / (1 - p)).T for mm in M])
    close(np.tensordot(w, Y, 1), mean, 1e-11)
    close(np.tensordot(w, Y ** 2, 1) - mean ** 2, var, 1e-10)
    law("dropconnect: pre-activation mean and variance = moment-matching formulas (enumerated)")
    z = rnd(3, N, o)
    add("dropconnect", "gaussian_inference", {"p": p, "S": 3}, {"x": x, "W": W, "b": b}, {"normal": z},
        {"mean": mean + b, "variance": var, "y": np.maximum(mean + b + np.sqrt(var) * z, 0).mean(0)}, note="sample S Gaussians of the pre-activation, apply relu, average; noise indexed (S,N,out)")


def g_zoneout():
    for k in range(2):
        N, d = 2, D(3, 4)
        z = P(0.1, 0.6)
        h0, h1 = rnd(N, d), rnd(N, d)
        u, keep = mixed_mask((N, d), z)
        dd = 1 - keep                 # 1 = keep the previous value
        y, gy, g = grads_of(lambda L: t(dd) * L["prev"] + (1 - t(dd)) * L["next"], {"prev": h0, "next": h1})
        add("zoneout", "train", {"p": z}, {"prev": h0, "next": h1}, {"u": u, "zoned": dd}, {"y": y}, gy, g, "zoned (previous value kept) iff u < p")
        y, gy, g = grads_of(lambda L: z * L["prev"] + (1 - z) * L["next"], {"prev": h0, "next": h1})
        add("zoneout", "eval", {"p": z}, {"prev": h0, "next": h1}, {}, {"y": y}, gy, g)
    law("zoneout: eval = expectation of train (linear in the mask)")


def g_concrete():
    for k in range(3):
        shp = (2, D(2, 4))
        pl = float(R.uniform(-2.5, 0.5))
        tt = [0.1, 2 / 3, 0.1][k]
        eps = 1e-7
        x, u = rnd(*shp), uni(shp)

        def fn(L):
            p = torch.sigmoid(L["pLogit"])
            z = torch.sigmoid((torch.log(p + eps) - torch.log(1 - p + eps) + torch.log(t(u) + eps) - torch.log(1 - t(u) + eps)) / tt)
            return L["x"] * (1 - z) / (1 - p)
        inp = {"x": x, "pLogit": np.array(pl)}
        y, gy, g = grads_of(fn, inp)
        fd_check(fn, inp, gy, g, "pLogit")
        add("concrete_dropout", "train", {"temperature": tt, "eps": eps}, inp, {"u": u}, {"y": y}, gy, g, "differentiable in pLogit")
        W = rnd(2, shp[1])
        wr, dr, Kd = 1e-2, 1e-1, shp[1]
        fr = lambda L: (lambda p: wr * (L["W"] ** 2).sum() / (1 - p) + dr * Kd * (p * torch.log(p) + (1 - p) * torch.log(1 - p)))(torch.sigmoid(L["pLogit"]))
        y, _, g = grads_of(fr, {"W": W, "pLogit": np.array(pl)})
        fd_check(fr, {"W": W, "pLogit": np.array(pl)}, None, g, "pLogit")
        add("concrete_dropout", "regularizer", {"weightRegularizer": wr, "dropoutRegularizer": dr, "inputDim": Kd}, {"W": W, "pLogit": np.array(pl)}, {}, {"loss": y}, None, g)
    # hard limit: small temperature reproduces the Bernoulli threshold; dropped iff u > 1-p
    p, u = 0.3, np.array([0.1, 0.65, 0.72, 0.95])
    z = 1 / (1 + np.exp(-np.clip((np.log(p / (1 - p)) + np.log(u / (1 - u))) / 1e-3, -700, 700)))
    assert (np.round(z) == (u > 1 - p)).all()
    law("concrete_dropout: temperature->0 gives a Bernoulli(p) drop; NOTE its threshold is u > 1-p, the mirror of the hard masks' u < p")


def g_variational():
    from scipy import integrate
    la = np.array([-4.0, -2.0, -0.7, 0.0, 1.0, 3.0])
    k1, k2, k3 = 0.63576, 1.87320, 1.48695
    c1, c2, c3 = 1.16145124, -1.50204118, 0.58629921
    mol = k1 / (1 + np.exp(-(k2 + k3 * la))) - 0.5 * np.log1p(np.exp(-la)) - k1
    kin = 0.5 * la + c1 * np.exp(la) + c2 * np.exp(2 * la) + c3 * np.exp(3 * la)
    ex = []
    for v in la:
        s = math.exp(0.5 * v)
        f = lambda z: math.log(abs(1 + s * z) + 1e-300) * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        pts = sorted([max(-12, -1 / s)])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")     # integrable log singularity
            q = integrate.quad(f, -12, 12, points=pts, limit=400)[0]
        ex.append(0.5 * v - q - (np.euler_gamma + math.log(2)) / 2)
    ex = np.array(ex)
    assert np.abs(mol - ex).max() < 0.02, np.abs(mol - ex)
    sel = la <= 0
    dlt = (kin - ex)[sel]
    assert dlt.max() - dlt.min() < 0.05, dlt
    law("variational_dropout: Molchanov's -KL approximation within 0.02 of numeric integration; Kingma's cubic agrees up to a constant for alpha<=1")
    for name, fn in (("neg_kl_molchanov", lambda L: (k1 * torch.sigmoid(k2 + k3 * L["logAlpha"]) - 0.5 * torch.log1p(torch.exp(-L["logAlpha"])) - k1)),
                     ("neg_kl_kingma", lambda L: 0.5 * L["logAlpha"] + c1 * L["logAlpha"].exp() + c2 * (2 * L["logAlpha"]).exp() + c3 * (3 * L["logAlpha"]).exp())):
        v = np.sort(R.uniform(-4, 3 if "mol" in name else 0, size=5))
        y, gy, g = grads_of(fn, {"logAlpha": v})
        add("variational_dropout", name, {}, {"logAlpha": v}, {}, {"y": y}, gy, g, "elementwise; the KL penalty is minus the sum")
    for k in range(2):
        N, i, o = 2, D(2, 3), D(2, 3)
        x, W, lal, e = rnd(N, i), rnd(o, i), R.uniform(-3, 1, size=(o, i)), rnd(N, o)
        fn = lambda L: L["x"] @ L["W"].T + torch.sqrt((L["x"] ** 2) @ (L["logAlpha"].exp() * L["W"] ** 2).T) * t(e)
        inp = {"x": x, "W": W, "logAlpha": lal}
        y, gy, g = grads_of(fn, inp)
        fd_check(fn, inp, gy, g, "logAlpha")
        add("variational_dropout", "linear_local_reparameterization_train", {}, inp, {"normal": e}, {"y": y}, gy, g)


def g_shake():
    for k, mode in enumerate(["shake", "even", "keep"]):
        N, d = 3, D(2, 3)
        a, b = rnd(N, d), rnd(N, d)
        al = R.uniform(size=(N, 1))
        be = {"shake": R.uniform(size=(N, 1)), "even": np.full((N, 1), 0.5), "keep": al}[mode]
        y = al * a + (1 - al) * b
        gy = rnd(N, d)
        add("shake_shake", "train_shake_" + mode, {"level": "image"}, {"branch1": a, "branch2": b}, {"alpha": al, "beta": be}, {"y": y}, gy,
            {"branch1": be * gy, "branch2": (1 - be) * gy}, "custom backward: the gradient uses beta, not alpha")
    y, gy, g = grads_of(lambda L: 0.5 * L["branch1"] + 0.5 * L["branch2"], {"branch1": a, "branch2": b})
    add("shake_shake", "eval", {}, {"branch1": a, "branch2": b}, {}, {"y": y}, gy, g)


def g_cutout():
    for k in range(3):
        N, C, H, W = 2, 2, D(4, 6), D(4, 6)
        n = [2, 3, 4][k]
        x = rnd(N, C, H, W)
        cy, cx = R.randint(0, H, size=N), R.randint(0, W, size=N)
        if k == 2:
            cy[0], cx[0] = 0, W - 1
        m = np.ones((N, H, W), dtype=np.int64)
        for a in range(N):
            y0, x0 = cy[a] - n // 2, cx[a] - n // 2
            m[a, max(0, y0):max(0, y0 + n), max(0, x0):max(0, x0 + n)] = 0
        y, gy, g = grads_of(lambda L: L["x"] * t(m[:, None]), {"x": x})
        add("cutout", "train", {"size": n}, {"x": x}, {"center_y": cy, "center_x": cx}, {"y": y, "mask": m}, gy, g,
            "rows [cy-floor(n/2), cy-floor(n/2)+n) clipped to the image, same for columns; all channels; no rescale")
    H, W, n = D(4, 6), D(4, 6), 3
    cov = np.zeros((H, W))
    for a in range(H):
        for b in range(W):
            cov[max(0, a - 1):a + 2, max(0, b - 1):b + 2] += 1
    add("cutout", "drop_probability_exact", {"size": n, "H": H, "W": W}, {}, {}, {"drop_probability": cov / (H * W), "expected_dropped_fraction": float(cov.mean() / (H * W))})
    assert cov.mean() <= n * n
    law("cutout: expected area = mean over centres of the clipped square, < n^2/(HW) because of clipping")


def g_norms():
    for k in range(2):
        N, C = D(4, 5), 2
        shp = (N, C) if k == 0 else (2, C, 2, D(2, 3))
        x, ga, be = rnd(*shp), rnd(C), rnd(C)
        rm, rv = rnd(C), np.abs(rnd(C)) + .5
        eps, mom = 1e-5, 0.1
        rmt, rvt = t(rm), t(rv)
        y, gy, g = grads_of(lambda L: F.batch_norm(L["x"], rmt.clone(), rvt.clone(), L["gamma"], L["beta"], True, mom, eps), {"x": x, "gamma": ga, "beta": be})
        F.batch_norm(t(x), rmt, rvt, None, None, True, mom, eps)
        ax = (0,) + tuple(range(2, len(shp)))
        close(rmt, (1 - mom) * rm + mom * x.mean(ax))
        close(rvt, (1 - mom) * rv + mom * x.var(ax, ddof=1))
        add("batch_norm", "train", {"eps": eps, "momentum": mom}, {"x": x, "gamma": ga, "beta": be, "runningMean": rm, "runningVar": rv}, {},
            {"y": y, "runningMean": rmt, "runningVar": rvt}, gy, g, "normalise with the biased batch variance, update running variance with the unbiased one; running stats stop-gradient")
        y, gy, g = grads_of(lambda L: F.batch_norm(L["x"], t(rm), t(rv), L["gamma"], L["beta"], False, mom, eps), {"x": x, "gamma": ga, "beta": be})
        add("batch_norm", "eval", {"eps": eps}, {"x": x, "gamma": ga, "beta": be, "runningMean": rm, "runningVar": rv}, {}, {"y": y}, gy, g)
    for nax in (1, 1, 2):
        x = rnd(2, 3, D(3, 4))
        ns = x.shape[-nax:]
        ga, be = rnd(*ns), rnd(*ns)
        fn = lambda L: F.layer_norm(L["x"], ns, L["gamma"], L["beta"], 1e-5)
        y, gy, g = grads_of(fn, {"x": x, "gamma": ga, "beta": be})
        fd_check(fn, {"x": x, "gamma": ga, "beta": be}, gy, g, "x")
        xt, ax = t(x), tuple(range(-nax, 0))
        assert float(g["x"].sum(ax).abs().max()) < 1e-9 and float((g["x"] * (xt - xt.mean(ax, keepdim=True))).sum(ax).abs().max()) < 1e-2
        law("layer_norm: input gradient orthogonal to 1 (exactly) and to the centred input (up to eps)")
        add("layer_norm", "last_%d_axes" % nax, {"eps": 1e-5, "normalizedShape": list(ns)}, {"x": x, "gamma": ga, "beta": be}, {}, {"y": y}, gy, g)
    for k in range(3):
        o, i = D(2, 3), D(2, 4)
        v, gg = rnd(o, i), rnd(o)
        fn = lambda L: L["g"][:, None] * L["v"] / L["v"].norm(dim=1, keepdim=True)
        y, gy, g = grads_of(fn, {"v": v, "g": gg})
        fd_check(fn, {"v": v, "g": gg}, gy, g, "v")
        close((g["v"] * t(v)).sum(1), np.zeros(o), 1e-10)
        close(y.norm(dim=1), np.abs(gg))
        add("weight_norm", "per_output_row", {"dim": 0}, {"v": v, "g": gg}, {}, {"w": y, "y": y}, gy, g)
    law("weight_norm: row norms = |g|, grad wrt v orthogonal to v")
    for it in (1, 2, 5):
        o, i = 3, D(2, 4)
        W, u0 = rnd(o, i), rnd(o)
        u = u0 / np.linalg.norm(u0)
        for _ in range(it):
            v = W.T @ u
            v = v / np.linalg.norm(v)
            u = W @ v
            u = u / np.linalg.norm(u)
        fn = lambda L: L["W"] / (t(u) @ L["W"] @ t(v))
        y, gy, g = grads_of(fn, {"W": W})
        sig = float(u @ W @ v)
        gW = (gy - (gy * (W / sig)).sum() * np.outer(u, v)) / sig
        close(g["W"], gW, 1e-10)
        assert sig <= np.linalg.norm(W, 2) + 1e-12
        add("spectral_norm", "power_iteration", {"nPowerIterations": it, "eps": 1e-12}, {"W": W}, {"u0": u0}, {"y": y, "sigma": sig, "u": u, "v": v}, gy, g,
            "u0 normalised first; each iteration v=norm(W^T u), u=norm(W v); sigma=u^T W v with u,v stop-gradient")
    W = rnd(3, 3)
    u = rnd(3)
    for _ in range(2000):
        v = W.T @ u
        v /= np.linalg.norm(v)
        u = W @ v
        u /= np.linalg.norm(u)
    close(np.linalg.norm(W / (u @ W @ v), 2), 1.0, 1e-8)
    law("spectral_norm: estimate <= true sigma, converges to sigma_max, normalised weight has norm 1 in the limit")


def g_wcd_post():
    # the linked post's key r^(-score): same law for C=2, a different one for C>=3
    s = np.array([1.0, 2.0, 8.0])
    post = []
    for i in range(3):          # P(s_i E_i is the largest), E ~ Exp(1): inclusion-exclusion over the others
        r, o = 1 / s[i], [1 / s[j] for j in range(3) if j != i]
        post.append(1 - r / (r + o[0]) - r / (r + o[1]) + r / (r + o[0] + o[1]))
    close(sum(post), 1.0)
    assert np.abs(np.array(post) - s / s.sum()).max() > 0.02
    add("weighted_channel_dropout", "misprinted_key_comparison", {"M": 1}, {"score": s}, {}, {"first_pick_probability": s / s.sum()},
        note="probability that each channel is picked first by the key u^(1/score)")
    law("wcd: the post's u^(-score) key follows a different law from weighted sampling for 3 or more channels")


def g_sched():
    for theta, T in ((0.5, D(50, 200)), (P(0.4, 0.9), D(500, 2000))):
        gm = 10 / T
        ts = [0, 1, T // 4, T // 2, T]
        keep = [(1 - theta) * math.exp(-gm * k) + theta for k in ts]
        assert abs(keep[0] - 1) < 1e-12 and keep[-1] - theta < 1e-4
        add("schedule", "curriculum", {"finalKeepProb": theta, "totalSteps": T, "gamma": gm}, {}, {}, {"steps": [int(v) for v in ts], "keepProb": keep, "p": [1 - v for v in keep]})
    law("curriculum dropout: keep prob 1 at t=0, decreasing to theta (within 1e-4 at T with gamma=10/T)")
    shp = (2, D(3, 5))
    for kind in ("uniform", "normal", "uniform", "normal"):
        r = float(R.uniform() if kind == "uniform" else R.randn())
        a, b = (0.1, 0.6) if kind == "uniform" else (0.3, 0.1)
        p = a + (b - a) * r if kind == "uniform" else min(max(a + b * r, 0.0), 0.95)
        x = rnd(*shp)
        u, m = mixed_mask(shp, p)
        y, gy, g = grads_of(lambda L: L["x"] * t(m) / (1 - p), {"x": x})
        add("stochastic_dropout", kind + "_rate_train", ({"a": a, "b": b} if kind == "uniform" else {"mean": a, "std": b, "maxP": 0.95}), {"x": x}, {"rateDraw": r, "u": u, "mask": m}, {"y": y, "p": p}, gy, g,
            "uniform: p = a+(b-a)*rateDraw; normal: p = clip(mean + std*rateDraw, 0, maxP); one rate per forward pass")


for f in (g_dropout, g_mc, g_gauss, g_standout, g_spatial, g_dropblock, g_wcd, g_maxpool, g_maxdrop, g_maxdropout, g_rdrop, g_depth,
          g_alpha, g_dropconnect, g_zoneout, g_concrete, g_variational, g_shake, g_cutout, g_norms, g_wcd_post, g_sched):
    f()

doc = {"meta": {"generator": "structure.py", "seed": args.seed, "dtype": "float64", "layout": "N,C,spatial (row-major)",
                "threshold": "a unit is dropped iff u < dropProb", "tolerance": {"float64": 1e-9, "float32": 1e-4},
                "tolerance_rule": "|got-want| <= tol*(1+|want|)", "methods": COUNT, "laws_verified": LAWS},
       "cases": CASES}
os.makedirs(os.path.dirname(os.path.abspath(args.out)), exist_ok=True)
with open(args.out, "w") as fh:
    json.dump(doc, fh, allow_nan=False, separators=(",", ":"))
print("%d cases, %d methods, %d bytes" % (len(CASES), len(COUNT), os.path.getsize(args.out)))
for l in LAWS:
    print("  law ok:", l)
