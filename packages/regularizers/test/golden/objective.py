#!/usr/bin/python3
"""Reference values for the "constrain the objective" and "constrain the optimisation
process" halves of the catalogue (survey sections 1 and 3).

Independent implementation: torch float64 autograd (create_graph=True for the second
order ones), numpy/scipy closed forms as cross-checks, torch.optim for trajectories.
Shapes and values are drawn from the seed; every random draw that a method needs is an
explicit input, so any implementation with a "given this noise" path can be compared
number by number.

usage:  objective.py [--seed N] [--out FILE]
Every law of these methods that can be checked numerically is asserted
while the cases are produced; the list of those verified is written to meta.laws_verified.

Case schema (same as structure.py, plus grad_of)
  {id, method, variant, params{}, inputs{name: tensor | list of tensors | int list},
   noise{name: tensor}, grad_of: name|null, grad_output: tensor|null,
   expected{name: tensor|number|list|bool|null}, grads{input name: tensor|list},
   tol: number|null, note}
  tensor = {"shape": [...], "data": [flat, row-major]}; a Python float is a scalar.
  grads  = d( sum(expected[grad_of] * grad_output) ) / d(input); grad_output null when
           expected[grad_of] is a scalar.
Weights of a linear layer are [out, in] (y = x W^T + b), conv kernels [out, in, kh, kw].
"""
import argparse
import json
import math
import os

import numpy as np
import scipy.linalg
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

ap = argparse.ArgumentParser()
ap.add_argument("--seed", type=int, default=20200303)
ap.add_argument("--out", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "objective.json"))
args = ap.parse_args()
R = np.random.RandomState(args.seed % (2 ** 32))
M = np.random.RandomState((args.seed * 7919 + 13) % (2 ** 32))   # Monte-Carlo draws (laws only)
CASES, LAWS, COUNT = [], [], {}


# --------------------------------------------------------------------------- helpers
def enc(a):
    if isinstance(a, dict):
        return {k: enc(v) for k, v in a.items()}
    if isinstance(a, (list, tuple)):
        return [enc(v) for v in a]
    if isinstance(a, (bool, int, str)) or a is None:
        return a
    if isinstance(a, (np.bool_,)):
        return bool(a)
    if isinstance(a, (np.integer,)):
        return int(a)
    if isinstance(a, (float, np.floating)):
        a = float(a)
        assert math.isfinite(a), "non-finite reference value"
        return a + 0.0
    if isinstance(a, torch.Tensor):
        a = a.detach().numpy()
    a = np.asarray(a)
    if a.ndim == 0:
        return enc(a.item())
    if a.dtype.kind in "biu":
        return {"shape": list(a.shape), "dtype": "bool" if a.dtype.kind == "b" else "int32", "data": [int(v) for v in a.ravel()]}
    else:
        assert np.isfinite(a).all(), "non-finite reference value"
        data = [float(v) + 0.0 for v in a.ravel()]
    return {"shape": list(a.shape), "data": data}


def add(method, variant, params, inputs, expected, grad_of=None, grads=None, noise=None,
        gy=None, tol=None, note="", float32=True):
    k = COUNT.get(method, 0)
    COUNT[method] = k + 1
    CASES.append({"id": "%s/%d" % (method, k), "method": method, "variant": variant,
                  "params": enc(params), "inputs": enc(inputs), "noise": enc(noise or {}),
                  "grad_of": grad_of, "grad_output": enc(gy), "expected": enc(expected),
                  "grads": enc(grads or {}), "tol": tol, "float32": float32, "note": note})


def law(name):
    if name not in LAWS:
        LAWS.append(name)


def npy(a):
    return a.detach().numpy() if isinstance(a, torch.Tensor) else np.asarray(a, dtype=float)


def close(a, b, tol=1e-11, what=""):
    a, b = npy(a), npy(b)
    err = np.max(np.abs(a - b) / (1 + np.abs(b))) if a.size else 0.0
    assert err <= tol, "%s: error %.3g > %.3g" % (what, err, tol)


def leq(a, b, what="", slack=1e-12):
    assert float(a) <= float(b) * (1 + slack) + slack, "%s: %r > %r" % (what, float(a), float(b))


def dim(lo, hi):
    return int(R.randint(lo, hi + 1))


def arr(*shape, scale=1.0, dec=4):
    return np.round(R.randn(*shape) * scale, dec)


def uni(*shape, lo=0.0, hi=1.0, dec=4):
    return np.round(R.uniform(lo, hi, shape), dec)


def pick(lo, hi, dec=3):
    return float(np.round(R.uniform(lo, hi), dec))


def T(a, grad=True):
    t = torch.tensor(np.asarray(a), dtype=torch.float64)
    return t.requires_grad_(grad)


def grad(loss, ins, create=False):
    """Gradients of a scalar w.r.t. a dict of tensors / lists of tensors."""
    flat, spec = [], []
    for k, v in ins.items():
        vs = v if isinstance(v, list) else [v]
        spec.append((k, isinstance(v, list), len(vs)))
        flat += vs
    gs = torch.autograd.grad(loss, flat, create_graph=create, retain_graph=True, allow_unused=True)
    gs = [torch.zeros_like(t) if g is None else g for g, t in zip(gs, flat)]
    out, i = {}, 0
    for k, is_list, n in spec:
        out[k] = gs[i:i + n] if is_list else gs[i]
        i += n
    return out


def val(t):
    return float(t.detach()) if isinstance(t, torch.Tensor) else float(t)


def sq(ts):
    return sum((t * t).sum() for t in ts)


def param_list():
    """A few tensors of rank 1, 2, 4."""
    return [arr(dim(2, 5)), arr(dim(2, 4), dim(3, 5)), arr(dim(2, 3), 2, 2, dim(1, 3))]


ACT = {"tanh": torch.tanh, "softplus": F.softplus, "relu": torch.relu, "identity": lambda t: t}


def mlp_params(D, H, K, scale=0.6):
    return {"W1": arr(H, D, scale=scale), "b1": arr(H, scale=0.3), "W2": arr(K, H, scale=scale), "b2": arr(K, scale=0.3)}


def mlp(x, P, act):
    return ACT[act](x @ P["W1"].T + P["b1"]) @ P["W2"].T + P["b2"]


def per_sample_loss(out, y, kind):
    """ce: -log softmax at an integer target; mse: mean over output units of squared error."""
    if kind == "ce":
        return F.cross_entropy(out, y, reduction="none")
    return ((out - y) ** 2).mean(1)


def make_target(N, K, kind):
    if kind == "ce":
        y = R.randint(0, K, N)
        return y, torch.tensor(y)
    y = arr(N, K)
    return y, T(y, False)


def ints(a):
    return [int(v) for v in a]


# ================================================================ 1.1  L2
for variant in ("sum-of-squares", "half"):
    for ws in ([arr(dim(3, 7))], [arr(dim(2, 4), dim(3, 6))], param_list()):
        lam = pick(0.01, 0.9)
        W = [T(w) for w in ws]
        pen = lam * sq(W) * (0.5 if variant == "half" else 1.0)
        g = grad(pen, {"params": W})
        c = 1.0 if variant == "half" else 2.0
        close(pen, lam * c / 2 * (np.concatenate([w.ravel() for w in ws]) ** 2).sum(), 1e-13, "concatenation")
        for gi, wi in zip(g["params"], ws):
            close(gi, c * lam * wi, what="L2 gradient")
        add("l2", variant, {"lambda": lam}, {"params": ws}, {"loss": val(pen)}, "loss", g,
            note="loss = lambda*sum w^2 (survey, Keras)" if c == 2 else "loss = lambda/2*sum w^2 (Loshchilov-Hutter, torch weight_decay)")
law("L2: gradient of lambda*||w||^2 is 2*lambda*w; sum over tensors = penalty of the concatenation")
for _ in range(3):
    w, g0 = arr(dim(2, 4), dim(2, 5)), arr(1)
    g0 = arr(*w.shape)
    lr, lam = pick(0.01, 0.3), pick(0.01, 0.9)
    viaL2 = w - lr * (g0 + 2 * lam * w)
    decay = (1 - 2 * lr * lam) * w - lr * g0
    close(viaL2, decay, 1e-15, "SGD weight decay")
    p = T(w)
    opt = torch.optim.SGD([p], lr=lr, weight_decay=2 * lam)
    p.grad = T(g0, False)
    opt.step()
    close(p, decay, 1e-15, "torch SGD weight_decay = 2 lambda")
    add("l2_weight_decay_step", "sgd", {"lr": lr, "lambda": lam, "torchWeightDecay": 2 * lam},
        {"w": w, "grad": g0}, {"w": decay}, note="one plain SGD step on L + lambda||w||^2 = (1-2 lr lambda) w - lr grad")
law("L2 + plain SGD step == weight decay with factor (1-2*lr*lambda) == torch SGD(weight_decay=2*lambda)")
# with momentum: coupled L2 is not decoupled decay
w0 = arr(4)
gs = [arr(4) for _ in range(3)]
mom, lr, lam = 0.9, 0.1, 0.2
p = T(w0); o = torch.optim.SGD([p], lr=lr, momentum=mom, weight_decay=lam)
q = w0.copy(); buf = np.zeros(4)
for g_ in gs:
    p.grad = T(g_, False); o.step()
    buf = mom * buf + g_
    q = (1 - lr * lam) * q - lr * buf
assert np.max(np.abs(npy(p) - q)) > 1e-3
law("SGD with momentum: coupled L2 != decoupled decay (differs from the 2nd step on)")

# ---- norms: ||W||_2 <= ||W||_F <= sqrt(rank) ||W||_2
for _ in range(200):
    m, n = M.randint(1, 7), M.randint(1, 7)
    r_ = M.randint(1, min(m, n) + 1)
    A = M.randn(m, r_) @ M.randn(r_, n)
    s = np.linalg.svd(A, compute_uv=False)
    rank = int((s > 1e-10 * s[0]).sum())
    fro = math.sqrt((A ** 2).sum())
    leq(s[0], fro, "spec<=fro"); leq(fro, math.sqrt(rank) * s[0], "fro<=sqrt(r) spec", 1e-10)
    x = M.randn(n)
    leq(np.linalg.norm(A @ x), s[0] * np.linalg.norm(x), "operator", 1e-10)
    leq(s[0] ** 2, np.abs(A).sum(0).max() * np.abs(A).sum(1).max(), "Hoelder", 1e-10)
law("||W||_2 <= ||W||_F <= sqrt(rank) ||W||_2; ||Wx|| <= ||W||_2 ||x||; ||W||_2^2 <= ||W||_1 ||W||_inf")

# ---- priors
for shape in ((dim(3, 6),), (dim(2, 3), dim(2, 4)), (2, dim(1, 2), dim(2, 3))):
    w = arr(*shape); s0 = pick(0.3, 2.0)
    t = T(w)
    nlp = -torch.distributions.Normal(0.0, s0).log_prob(t).sum()
    const = w.size * 0.5 * math.log(2 * math.pi * s0 ** 2)
    close(nlp, (w ** 2).sum() / (2 * s0 ** 2) + const, what="gaussian prior")
    add("gaussian_prior", "nll", {"sigma": s0}, {"w": w},
        {"loss": val(nlp), "constant": const, "lambda": 1 / (2 * s0 ** 2)}, "loss", grad(nlp, {"w": t}))
    w.flat[0] = 0.0
    b = pick(0.3, 2.0)
    t = T(w)
    nlp = t.abs().sum() / b + w.size * math.log(2 * b)
    close(nlp, -torch.distributions.Laplace(0.0, b).log_prob(T(w)).sum(), what="laplace prior")
    add("laplace_prior", "nll", {"scale": b}, {"w": w},
        {"loss": val(nlp), "constant": w.size * math.log(2 * b), "lambda": 1 / b}, "loss", grad(nlp, {"w": t}),
        note="w[0] = 0: subgradient 0")
law("-log N(w|0,s^2 I) - ||w||^2/(2 s^2) = d/2 log(2 pi s^2), -log Laplace(w|0,b) - ||w||_1/b = d log(2b): constants in w")

X_, y_, s0, sn = M.randn(9, 3), M.randn(9), 0.8, 0.4
post = np.linalg.solve(X_.T @ X_ / sn ** 2 + np.eye(3) / s0 ** 2, X_.T @ y_ / sn ** 2)
lam_mean = sn ** 2 / (len(y_) * s0 ** 2)             # for the mean squared error (1/N) sum (y-xw)^2
ridge = np.linalg.solve(X_.T @ X_ / len(y_) + lam_mean * np.eye(3), X_.T @ y_ / len(y_))
close(ridge, post, 1e-12)
law("Gaussian MAP of linear regression = ridge with lambda = sigma_n^2/(N sigma_0^2) on the mean squared error (1/(2 sigma_0^2) on the summed negative log likelihood)")

# ---- L1, elastic net
for ws in ([arr(dim(3, 7))], [arr(dim(2, 4), dim(3, 6))], param_list()):
    lam = pick(0.01, 0.9)
    ws[0].flat[1] = 0.0
    W = [T(w) for w in ws]
    pen = lam * sum(w.abs().sum() for w in W)
    g = grad(pen, {"params": W})
    for gi, wi in zip(g["params"], ws):
        close(gi, lam * np.sign(wi), what="L1 grad")
    add("l1", "sum", {"lambda": lam}, {"params": ws}, {"loss": val(pen)}, "loss", g, note="params[0][1] = 0: subgradient 0")
    l1, l2 = pick(0.01, 0.5), pick(0.01, 0.5)
    pen = l1 * sum(w.abs().sum() for w in W) + l2 * sq(W)
    add("elastic_net", "l1-l2", {"lambda1": l1, "lambda2": l2}, {"params": ws}, {"loss": val(pen)}, "loss", grad(pen, {"params": W}))
    a, rho = pick(0.05, 0.9), pick(0.1, 0.9)
    pen = a * (rho * sum(w.abs().sum() for w in W) + (1 - rho) / 2 * sq(W))
    add("elastic_net", "alpha-ratio", {"alpha": a, "l1Ratio": rho}, {"params": ws}, {"loss": val(pen)}, "loss",
        grad(pen, {"params": W}), note="scikit-learn parametrisation: lambda1 = alpha*l1Ratio, lambda2 = alpha*(1-l1Ratio)/2")

# ---- proximal operators
def soft(v, t): return np.sign(v) * np.maximum(np.abs(v) - t, 0)


for _ in range(3):
    v = arr(dim(2, 3), dim(3, 5)); thr = pick(0.2, 0.9)
    v.flat[0] = 0.0; v.flat[1] = thr
    t = T(v); gy = arr(*v.shape)
    out = torch.sign(t) * torch.relu(t.abs() - thr)
    add("soft_threshold", "prox-l1", {"threshold": thr}, {"v": v}, {"y": out}, "y", grad((out * T(gy, False)).sum(), {"v": t}), gy=gy,
        note="kink |v| = threshold: derivative 0 (v[1]); derivative 0 inside")
    close(out, soft(v, thr), 1e-15)
    # optimality: 0 in u - v + thr * d|u|
    u = npy(out); r_ = v - u
    assert (np.abs(r_) <= thr + 1e-12).all() and np.allclose(r_[u != 0], thr * np.sign(u[u != 0]))
    # brute force check of the argmin
    grid = np.linspace(-4, 4, 80001)
    for vi, ui in list(zip(v.ravel(), u.ravel()))[:4]:
        best = grid[np.argmin(0.5 * (grid - vi) ** 2 + thr * np.abs(grid))]
        assert abs(best - ui) < 2e-4
    l1, l2, step = pick(0.1, 0.6), pick(0.1, 0.6), pick(0.2, 1.0)
    en = soft(v, step * l1) / (1 + 2 * step * l2)
    for vi, ui in list(zip(v.ravel(), en.ravel()))[:4]:
        best = grid[np.argmin(0.5 * (grid - vi) ** 2 + step * (l1 * np.abs(grid) + l2 * grid ** 2))]
        assert abs(best - ui) < 2e-4
    add("prox", "elastic-net", {"lambda1": l1, "lambda2": l2, "step": step}, {"v": v}, {"y": en})
    add("prox", "l2-squared", {"lambda": l2, "step": step}, {"v": v}, {"y": v / (1 + 2 * step * l2)})
    hard = np.where(np.abs(v) > math.sqrt(2 * step * l1), v, 0.0)
    for vi, ui in list(zip(v.ravel(), hard.ravel()))[:4]:
        obj = lambda z: 0.5 * (z - vi) ** 2 + step * l1 * (z != 0)
        assert obj(ui) <= min(obj(vi), obj(0.0)) + 1e-12
    add("prox", "l0", {"lambda": l1, "step": step}, {"v": v}, {"y": hard}, note="hard threshold at sqrt(2*step*lambda); tie -> 0")
    rn = np.linalg.norm(v, axis=1, keepdims=True)
    add("prox", "group-lasso", {"lambda": l1, "step": step, "axis": 0}, {"v": v},
        {"y": v * np.maximum(0, 1 - step * l1 / np.where(rn == 0, 1, rn))}, note="groups = rows, unweighted")
    U, S, Vt = np.linalg.svd(v, full_matrices=False)
    add("prox", "nuclear", {"lambda": l1, "step": step}, {"v": v}, {"y": U @ np.diag(np.maximum(S - step * l1, 0)) @ Vt})
    # non-expansiveness and Moreau identity (prox of conjugate of thr*|.|_1 = clip)
    v2 = arr(*v.shape)
    leq(np.linalg.norm(soft(v, thr) - soft(v2, thr)), np.linalg.norm(v - v2), "non-expansive")
    close(soft(v, thr) + np.clip(v, -thr, thr), v, 1e-15, "Moreau")
law("soft threshold = argmin of 1/2(u-v)^2 + t|u| (grid search), non-expansive, Moreau: S_t(v)+clip(v,-t,t)=v; elastic-net/L0 prox by grid/enumeration")

# ISTA on the lasso: 10 iterates
for _ in range(2):
    n, d = dim(5, 7), dim(3, 4)
    A, y = arr(n, d), arr(n)
    lam = pick(0.2, 0.8)
    step = round(float(1 / np.linalg.norm(A.T @ A, 2)), 6)
    w = np.zeros(d); traj = []; prev = 1e99
    for _k in range(10):
        w = soft(w - step * (A.T @ (A @ w - y)), step * lam); traj.append(w.copy())
        ob = 0.5 * ((A @ w - y) ** 2).sum() + lam * np.abs(w).sum()
        leq(ob, prev, "ISTA monotone"); prev = ob
    add("proximal_gradient", "lasso", {"lambda": lam, "lr": step, "steps": 10}, {"A": A, "y": y, "w0": np.zeros(d)},
        {"trajectory": np.array(traj), "objective": prev}, note="objective 1/2||Aw-y||^2 + lambda||w||_1, w <- S_{lr*lambda}(w - lr A^T(Aw-y))")
law("ISTA with step 1/L decreases the lasso objective monotonically")
# large lambda => exactly zero; subgradient descent never exactly zero
A, y = M.randn(8, 3), M.randn(8)
lam = np.abs(A.T @ y).max() * 1.0001
w = np.ones(3); L = np.linalg.norm(A.T @ A, 2)
for _ in range(4000):
    w = soft(w - (A.T @ (A @ w - y)) / L, lam / L)
assert (w == 0).all()
law("lasso: lambda >= ||A^T y||_inf gives w = 0 exactly under the proximal method")

# ================================================================ 1.4  L0 / hard concrete
def hard_concrete(u, la, beta, gam, zet):
    s = torch.sigmoid((torch.log(u) - torch.log1p(-u) + la) / beta)
    sb = s * (zet - gam) + gam
    return s, sb, sb.clamp(0.0, 1.0)


for i in range(4):
    d = dim(4, 8)
    beta, gam, zet = (2 / 3, -0.1, 1.1) if i < 2 else (pick(0.3, 0.9), -pick(0.05, 0.4), 1 + pick(0.05, 0.4))
    la = arr(d, scale=1.6); u = uni(d, lo=0.02, hi=0.98)
    t, tu = T(la), T(u, False)
    s, sb, z = hard_concrete(tu, t, beta, gam, zet)
    p0 = torch.sigmoid(t - beta * math.log(-gam / zet))
    p1 = torch.sigmoid(t - beta * math.log((1 - gam) / (zet - 1)))
    zt = (torch.sigmoid(t) * (zet - gam) + gam).clamp(0, 1)
    lam = pick(0.1, 1.5); pen = lam * p0.sum()
    gy = arr(d)
    add("l0_hard_concrete", "penalty", {"lambda": lam, "beta": beta, "gamma": gam, "zeta": zet}, {"logAlpha": la},
        {"loss": val(pen), "probNonzero": p0, "probOne": p1, "evalGate": zt}, "loss", grad(pen, {"logAlpha": t}))
    add("l0_hard_concrete", "gate", {"beta": beta, "gamma": gam, "zeta": zet}, {"logAlpha": la}, {"s": s, "sBar": sb, "z": z}, "z",
        grad((z * T(gy, False)).sum(), {"logAlpha": t}), noise={"u": u}, gy=gy, note="gradient 0 where the gate is clipped")
    # gated linear regression: full objective
    N, C = dim(3, 4), 2
    Wt, X, Y = arr(C, d), arr(N, d), arr(N, C)
    tw = T(Wt); tX, tY = T(X, False), T(Y, False)
    loss = ((tX @ (tw * z).T - tY) ** 2).mean() + lam * p0.sum()
    add("l0_hard_concrete", "gated-linear", {"lambda": lam, "beta": beta, "gamma": gam, "zeta": zet},
        {"W": Wt, "logAlpha": la, "x": X, "y": Y}, {"loss": val(loss)}, "loss", grad(loss, {"W": tw, "logAlpha": t}), noise={"u": u},
        note="gates per input column (group size = out units counted once); mse mean over all elements; penalty lambda*sum_j P(z_j != 0)")
    # law: Monte Carlo
    n = 400000
    um = torch.tensor(M.uniform(1e-9, 1 - 1e-9, n))
    for j in range(2):
        zz = hard_concrete(um, t[j].detach(), beta, gam, zet)[2]
        pj = float(p0[j]); est = float((zz != 0).double().mean())
        assert abs(est - pj) < 5 * math.sqrt(pj * (1 - pj) / n) + 1e-9, (est, pj)
        qj = float(p1[j]); est = float((zz == 1).double().mean())
        assert abs(est - qj) < 5 * math.sqrt(qj * (1 - qj) / n) + 1e-9
law("hard concrete: P(z!=0)=sigmoid(logAlpha-beta log(-gamma/zeta)), P(z=1)=sigmoid(logAlpha-beta log((1-gamma)/(zeta-1))) vs Monte Carlo (5 sigma)")

# ================================================================ 1.5  spectral norm
def power_iter(Wm, u, n):
    for _ in range(n):
        v = Wm.T @ u; v = v / v.norm()
        u = Wm @ v; u = u / u.norm()
    return u, v


for shape in ((dim(2, 3), dim(4, 5)), (dim(4, 6), dim(2, 3)), (dim(2, 3), 2, 2, 2)):
    W = arr(*shape); lam = pick(0.1, 0.9)
    t = T(W); Wm = t.reshape(shape[0], -1)
    U, S, Vt = np.linalg.svd(npy(Wm), full_matrices=False)
    sig = torch.linalg.matrix_norm(Wm, 2)
    g = grad(sig, {"W": t})
    close(g["W"].reshape(shape[0], -1), np.outer(U[:, 0], Vt[0]), 1e-10, "d sigma = u v^T")
    close(S[0] ** 2, np.linalg.eigvalsh(npy(Wm).T @ npy(Wm))[-1], 1e-11, 'lambda_max')
    assert S[0] - S[1] > 1e-3
    pen = lam * sig ** 2
    g2 = grad(pen, {"W": t})
    close(g2["W"].reshape(shape[0], -1), 2 * lam * S[0] * np.outer(U[:, 0], Vt[0]), 1e-10)
    add("spectral_norm_reg", "exact", {"lambda": lam}, {"W": W},
        {"sigma": val(sig), "loss": val(pen), "frobenius": float(np.linalg.norm(W)), "dSigma": g["W"]}, "loss", g2,
        note="loss = lambda*sigma^2 (survey); the paper uses lambda/2; kernels are reshaped to [out, in*kh*kw]")
    u0 = arr(shape[0]); 
    for n_it in (1, 3):
        with torch.no_grad():
            u, v = power_iter(Wm.detach(), T(u0, False), n_it)
        est = u @ Wm @ v
        pen = lam * est ** 2
        gg = grad(pen, {"W": t})
        close(gg["W"].reshape(shape[0], -1), 2 * lam * float(est) * np.outer(npy(u), npy(v)), 1e-12)
        leq(float(est), S[0], "power iteration never exceeds sigma", 1e-12)
        add("spectral_norm_reg", "power-iteration", {"lambda": lam, "nPowerIterations": n_it}, {"W": W, "u0": u0},
            {"u": u, "v": v, "sigma": val(est), "loss": val(pen)}, "loss", gg,
            note="v=norm(W^T u); u=norm(W v); sigma=u^T W v; u,v are constants in the gradient")
    with torch.no_grad():
        u, v = power_iter(Wm.detach(), T(u0, False), 4000)
    close(float(u @ Wm @ v), S[0], 1e-9, "power iteration converges")
law("spectral: d sigma/dW = u v^T, d sigma^2 = 2 sigma u v^T; power iteration estimate <= sigma and -> sigma; orthogonal invariance; sigma^2 = lambda_max(W^T W)")
Wc = np.array([[1.0, -1.0], [-1.0, 1.0]])
assert np.linalg.norm(Wc.T @ np.ones(2)) == 0 and np.linalg.norm(Wc, 2) > 1.99
law("all-ones start vector fails on W=[[1,-1],[-1,1]] (W^T 1 = 0): a random start or a fallback is required")
Wn = np.array([[0.0, 1.0], [0.0, 0.0]])
assert np.max(np.abs(np.linalg.eigvals(Wn))) < 1e-12 and abs(np.linalg.norm(Wn, 2) - 1) < 1e-12
law("counterexample: for square non-normal W the spectral norm (1) is not the largest |eigenvalue| (0)")
Q1, _ = np.linalg.qr(M.randn(4, 4)); Q2, _ = np.linalg.qr(M.randn(3, 3)); A = M.randn(4, 3)
close(np.linalg.norm(Q1 @ A @ Q2, 2), np.linalg.norm(A, 2), 1e-12)
# Lipschitz of a ReLU MLP
for _ in range(20):
    A1, A2 = M.randn(5, 3), M.randn(2, 5)
    Lb = np.linalg.norm(A1, 2) * np.linalg.norm(A2, 2)
    f = lambda x: A2 @ np.maximum(A1 @ x, 0)
    for _ in range(20):
        a, b = M.randn(3), M.randn(3)
        leq(np.linalg.norm(f(a) - f(b)), Lb * np.linalg.norm(a - b), "Lipschitz", 1e-10)
law("ReLU MLP: ||f(a)-f(b)|| <= prod ||W_l||_2 ||a-b||")

# ================================================================ 1.6  self-orthogonality
def som_penalty(V, l1, l2):
    off = V - torch.diag(torch.diag(V))
    return l1 * off.sum() ** 2 + l2 * (off ** 2).sum()


for i in range(3):
    m, d, B = dim(3, 4), dim(3, 5), dim(5, 8)
    W = arr(m, d); X = arr(B, d)
    l1, l2 = (100.0, 1.0) if i == 0 else (pick(0.1, 2), pick(0.1, 2))
    t = T(W)
    wn = t / t.norm(dim=1, keepdim=True)
    cos = wn @ wn.T
    mask = 1 - torch.eye(m)
    V = (1 - 2 / math.pi * torch.acos(cos * mask)) * mask
    pen = som_penalty(V, l1, l2)
    add("self_orthogonality", "exact-angle", {"lambda1": l1, "lambda2": l2}, {"W": W}, {"V": V, "loss": val(pen)}, "loss", grad(pen, {"W": t}),
        note="V_ij = 1 - 2 theta_ij/pi, sums over ordered pairs i != j; diagonal of V reported as 0")
    # scale invariance: gradient orthogonal to each row
    gW = grad(som_penalty((1 - 2 / math.pi * torch.acos((t / t.norm(dim=1, keepdim=True)) @ (t / t.norm(dim=1, keepdim=True)).T * mask)) * mask, l1, l2), {"W": t})["W"]
    close((gW * t).sum(1), np.zeros(m), 1e-9, "SOM gradient orthogonal to w_i")
    gamma = 10.0 if i == 0 else pick(1, 6)
    scale = 0.3 if i == 0 else 1.0
    Xs = np.round(X * scale, 4)
    tx = T(Xs)
    Y = torch.tanh(gamma * (tx @ t.T)); Yh = Y / Y.norm(dim=0, keepdim=True)
    V = Yh.T @ Yh
    pen = som_penalty(V, l1, l2)
    add("self_orthogonality", "self-tanh", {"lambda1": l1, "lambda2": l2, "gamma": gamma}, {"W": W, "x": Xs},
        {"V": V, "loss": val(pen)}, "loss", grad(pen, {"W": t, "x": tx}),
        note="Y=tanh(gamma x W^T) [B,m], columns L2-normalised over the batch, V=Y^T Y; x is an input too")
    Ys = torch.sign(tx @ t.T)
    add("self_orthogonality", "sign", {"lambda1": l1, "lambda2": l2}, {"W": W, "x": Xs}, {"V": Ys.T @ Ys / B}, note="no gradient: sign")
    # law vs Monte Carlo with isotropic x
    n = 200000
    Xm = M.randn(n, d)
    sv = np.sign(Xm @ W.T)
    Vm = sv.T @ sv / n
    th = np.arccos(np.clip(npy(cos), -1, 1))
    assert np.max(np.abs(Vm - (1 - 2 * th / math.pi))) < 5 / math.sqrt(n)
    # anisotropic x violates it
Xm = M.randn(200000, 2) * np.array([10.0, 0.1]); Wt = np.array([[1.0, 0.2], [0.2, 1.0]])
sv = np.sign(Xm @ Wt.T); th = math.acos(0.4 / 1.04)
assert abs((sv[:, 0] * sv[:, 1]).mean() - (1 - 2 * th / math.pi)) > 0.2
law("self-orthogonality: E[sign sign] = 1-2 theta/pi for isotropic x (Monte Carlo); fails by > 0.2 for anisotropic x; penalty is scale invariant per row")

# ================================================================ 1.7  WEISSI
for i in range(3):
    ws = [arr(dim(2, 4), dim(2, 4)) for _ in range(dim(2, 3))]
    l1, l2 = pick(0.1, 1.5), (0.0 if i == 0 else pick(0.1, 1.0))
    W = [T(w) for w in ws]
    pen = l1 * sum(torch.log(w.norm()) for w in W) + l2 * sum(w.abs().sum() / w.norm() for w in W)
    g = grad(pen, {"params": W})
    add("weissi", "log-norm" if l2 == 0 else "log-norm+direction-l1", {"lambda1": l1, "lambda2": l2}, {"params": ws}, {"loss": val(pen)}, "loss", g,
        note="||.|| is the Frobenius (elementwise L2) norm of each tensor")
    if l2 == 0:
        for gi, wi in zip(g["params"], ws):
            close(gi, l1 * wi / (wi ** 2).sum(), 1e-12)
    # value and gradient (w.r.t. W~) are invariant under W_l = c_l W~_l; product 1 keeps the value
    c = np.exp(M.randn(len(ws))); c /= np.prod(c) ** (1 / len(ws))
    Wt = [T(w) for w in ws]
    pen2 = l1 * sum(torch.log((ci * w).norm()) for ci, w in zip(c, Wt)) + l2 * sum((ci * w).abs().sum() / (ci * w).norm() for ci, w in zip(c, Wt))
    close(pen2, pen, 1e-12, "WEISSI value invariance")
    g2 = grad(pen2, {"params": Wt})
    for a, b in zip(g2["params"], g["params"]):
        close(a, b, 1e-12, "WEISSI gradient invariance")
    # raw gradient at c*W is grad/c
    Wr = [T(ci * w) for ci, w in zip(c, ws)]
    pen3 = l1 * sum(torch.log(w.norm()) for w in Wr) + l2 * sum(w.abs().sum() / w.norm() for w in Wr)
    for a, b, ci in zip(grad(pen3, {"params": Wr})["params"], g["params"], c):
        close(a * ci, b, 1e-12)
    # scale shifting preserves a bias-free ReLU network, L2 changes
    l2a = sum((w ** 2).sum() for w in ws); l2b = sum(((ci * w) ** 2).sum() for ci, w in zip(c, ws))
    assert abs(l2a - l2b) > 1e-6
    # AM-GM: minimum of L2 over product-1 rescalings is L*(prod ||W||)^(2/L)
    gm = len(ws) * np.prod([(w ** 2).sum() for w in ws]) ** (1 / len(ws))
    leq(gm, l2a, "AM-GM"); leq(gm, l2b, "AM-GM")
law("WEISSI: value invariant under layer rescaling of product 1, gradient w.r.t. W~ identical, raw gradient scales by 1/c; L2 is not invariant and its orbit minimum is L*(prod||W_l||)^(2/L) (geometric mean)")
A1, A2, c1, c2, x = M.randn(4, 3), M.randn(2, 4), M.randn(4), M.randn(2), M.randn(3)
f = lambda W1, b1, W2, b2: np.maximum(W2 @ np.maximum(W1 @ x + b1, 0) + b2, 0)
g1 = 3.0
base = f(A1, c1, A2, c2 + 5)
assert np.abs(f(A1 * g1, c1 * g1, A2 / g1, (c2 + 5) / g1) - base).max() > 1e-3      # the blog's rule b_l = gamma_l b~_l
close(f(A1 * g1, c1 * g1, A2 / g1, (c2 + 5)), base, 1e-12)                            # b_l = (prod_{k<=l} gamma_k) b~_l
for _ in range(20):
    A1, A2, x_ = T(M.randn(4, 3)), T(M.randn(2, 4)), T(M.randn(3)); cc = T(M.randn(2), False)
    out = (cc * torch.tanh(A2 @ torch.relu(A1 @ x_))).sum()
    leq(torch.autograd.grad(out, x_)[0].norm(), cc.norm() * A1.norm() * A2.norm(), "input gradient bound")
law("1-Lipschitz activations: ||grad_x c.f|| <= ||c|| prod ||W_l||_F = ||c|| exp(WEISSI)")
law("WEISSI with biases: function preserved iff b_l scales by prod_{k<=l} gamma_k (the linked post's per-layer rule b_l = gamma_l b~_l fails)")

# ================================================================ 1.8  gradient penalty on parameters
for act, kind in (("tanh", "ce"), ("softplus", "mse"), ("relu", "ce"), ("identity", "mse")):
    N, D, H, K = dim(3, 5), dim(2, 4), dim(3, 4), dim(2, 3)
    P0 = mlp_params(D, H, K); X = arr(N, D); yv, y = make_target(N, K, kind)
    lam = pick(0.05, 0.6)
    P = {k: T(v) for k, v in P0.items()}; tx = T(X)
    loss = per_sample_loss(mlp(tx, P, act), y, kind).mean()
    g1_ = grad(loss, P, create=True)
    pen = sq(g1_.values()); total = loss + lam * pen
    allin = dict(P); allin["x"] = tx
    tot_g = grad(total, allin, create=True)
    # finite-difference check of the second-order gradient
    eps_ = 1e-6; k0 = "W1"; Dir = M.randn(*P0[k0].shape)
    def tot(shift):
        Q = {k: T(v) for k, v in P0.items()}; Q[k0] = T(P0[k0] + shift * Dir)
        l_ = per_sample_loss(mlp(T(X, False), Q, act), y, kind).mean()
        return float(l_ + lam * sq(grad(l_, Q).values()))
    close((tot_g[k0] * T(Dir, False)).sum(), (tot(eps_) - tot(-eps_)) / (2 * eps_), 1e-6, "double backward")
    inp = dict(P0); inp["x"] = X; inp["y"] = ints(yv) if kind == "ce" else yv
    add("grad_penalty_params", act + "-" + kind, {"lambda": lam, "activation": act, "loss": kind}, inp,
        {"dataLoss": val(loss), "penalty": val(pen), "loss": val(total), "dataGrads": {k: v for k, v in g1_.items()},
         "penaltyGrads": grad(pen, allin, create=True)}, "loss", tot_g,
        note="data loss: mean over samples (ce) / mean over all elements (mse); penalty = sum over all four parameters of ||dL/dp||^2")
law("gradient penalty: double-backward gradient equals central differences (1e-6)")

# IGR on a quadratic: GD step vs (modified) gradient flow
for _ in range(3):
    d = dim(2, 4); B_ = arr(d, d, scale=0.7); A = np.round(B_ @ B_.T, 6); b = arr(d); th = arr(d); lr = pick(0.05, 0.2)
    gfun = lambda t_: A @ t_ - b
    I = np.eye(d)
    mod = lambda t_: gfun(t_) + lr / 2 * A @ gfun(t_)           # grad of L + lr/4 ||grad L||^2
    t = T(th); L_ = 0.5 * t @ T(A, False) @ t - T(b, False) @ t
    gg = grad(L_, {"theta": t}, create=True)["theta"]
    Lm = L_ + lr / 4 * (gg ** 2).sum()
    gm_ = grad(Lm, {"theta": t})
    close(gm_["theta"], mod(th), 1e-12)
    star = np.linalg.lstsq(A, b, rcond=None)[0]
    flow = lambda Mx, tau: scipy.linalg.expm(-tau * Mx) @ (th - star) + star
    gd = th - lr * gfun(th)
    add("implicit_gradient_reg", "quadratic", {"lr": lr}, {"A": A, "b": b, "theta": th},
        {"dataLoss": val(L_), "loss": val(Lm), "gdStep": gd}, "loss", gm_, note="L = 1/2 th^T A th - b^T th; loss = L + lr/4 ||grad L||^2")
A = np.diag([1.0, 0.5]); th = np.array([1.0, -2.0])
def errs(h):
    gd = th - h * A @ th
    return (np.linalg.norm(gd - scipy.linalg.expm(-h * A) @ th), np.linalg.norm(gd - scipy.linalg.expm(-h * (A + h / 2 * A @ A)) @ th))
o1 = math.log2(errs(0.02)[0] / errs(0.01)[0]); o2 = math.log2(errs(0.02)[1] / errs(0.01)[1])
assert abs(o1 - 2) < 0.1 and abs(o2 - 3) < 0.1, (o1, o2)
law("IGR: one GD step matches gradient flow to O(h^2) but the flow of L + h/4||grad L||^2 to O(h^3) (observed orders 2 and 3)")

# ================================================================ 1.9  gradient penalty on inputs
for act, kind, variant in (("tanh", "ce", "l2-squared"), ("softplus", "mse", "l2-squared"), ("tanh", "ce", "l1"), ("softplus", "ce", "l2"), ("relu", "mse", "l2-squared")):
    N, D, H, K = dim(3, 5), dim(2, 4), dim(3, 4), dim(2, 3)
    P0 = mlp_params(D, H, K); X = arr(N, D); yv, y = make_target(N, K, kind)
    lam = pick(0.05, 0.6)
    P = {k: T(v) for k, v in P0.items()}; tx = T(X)
    ls = per_sample_loss(mlp(tx, P, act), y, kind)
    gx = torch.autograd.grad(ls.sum(), tx, create_graph=True)[0]
    pen = {"l2-squared": (gx ** 2).sum(1), "l1": gx.abs().sum(1), "l2": gx.norm(dim=1)}[variant].mean()
    total = ls.mean() + lam * pen
    allin = dict(P); allin["x"] = tx
    inp = dict(P0); inp["x"] = X; inp["y"] = ints(yv) if kind == "ce" else yv
    add("grad_penalty_inputs", variant, {"lambda": lam, "activation": act, "loss": kind, "norm": variant}, inp,
        {"dataLoss": val(ls.mean()), "inputGrads": gx, "penalty": val(pen), "loss": val(total)}, "loss", grad(total, allin, create=True),
        note="inputGrads[n] = d loss_n / d x_n (per sample, NOT of the batch mean; a per-sample mse is the mean over outputs); penalty = mean over samples; net = act(x W1^T + b1) W2^T + b2")
    # relation to adversarial training: first order
    for e_ in (1e-4,):
        with torch.no_grad():
            g_ = gx.detach()
            stepd = {"l2-squared": g_, "l1": torch.sign(g_), "l2": g_ / g_.norm(dim=1, keepdim=True)}[variant]
            adv = [per_sample_loss(mlp(tx + c * e_ * stepd, P, act), y, kind).mean() for c in (1, -1, 2)]
        close((adv[0] - adv[1]) / (2 * e_), pen, 1e-5, "adversarial = gradient penalty to first order")
        r1, r2 = float(adv[0] - ls.mean() - e_ * pen), float(adv[2] - ls.mean() - 2 * e_ * pen)
        assert act == "relu" or abs(r1) < 1e-12 or abs(r2 / r1 - 4) < 0.2           # remainder is O(eps^2)
law("first order: L(x+eps*g)=L+eps||g||^2, FGSM L(x+eps sign g)=L+eps||g||_1, L2-normalised L+eps||g||_2 (error O(eps^2))")

# critic-style penalties (WGAN-GP, one-sided, R1) and Dirichlet energy
for variant in ("wgan-gp", "wgan-lp", "r1", "dirichlet"):
    N, D, H = dim(3, 5), dim(2, 4), dim(3, 4); K = 1 if variant != "dirichlet" else dim(2, 3)
    P0 = mlp_params(D, H, K, 0.9); X = arr(N, D); lam = 10.0 if variant.startswith("wgan") else pick(0.2, 2)
    P = {k: T(v) for k, v in P0.items()}; noise = {}
    if variant.startswith("wgan"):
        Xf, e_ = arr(N, D), uni(N, 1, lo=0.05, hi=0.95)
        xi = T(np.asarray(e_ * X + (1 - e_) * Xf)); noise = {"epsilon": e_}
        inp = dict(P0); inp.update(real=X, fake=Xf)
    else:
        xi = T(X); inp = dict(P0); inp["x"] = X
    out = mlp(xi, P, "tanh")
    rows = [torch.autograd.grad(out[:, k].sum(), xi, create_graph=True)[0] for k in range(K)]
    gx = rows[0]; n_ = gx.norm(dim=1)
    pen = {"wgan-gp": lambda: lam * ((n_ - 1) ** 2).mean(), "wgan-lp": lambda: lam * (torch.relu(n_ - 1) ** 2).mean(),
           "r1": lambda: lam / 2 * (gx ** 2).sum(1).mean(), "dirichlet": lambda: lam * sum((r_ ** 2).sum(1) for r_ in rows).mean()}[variant]()
    add("grad_penalty_function", variant, {"lambda": lam, "activation": "tanh"}, inp, {"loss": val(pen)}, "loss", grad(pen, P, create=True), noise=noise,
        note={"wgan-gp": "xhat = eps*real+(1-eps)*fake; lambda*mean (||grad||-1)^2", "wgan-lp": "one sided: max(0,||grad||-1)^2",
              "r1": "lambda/2 * mean ||grad_x f||^2", "dirichlet": "lambda * mean_n ||J_n||_F^2"}[variant])

# adversarial training
for variant in ("fgsm", "fgm", "gradient", "pgd"):
    N, D, H, K = dim(3, 4), dim(3, 4), dim(3, 4), dim(2, 3)
    P0 = mlp_params(D, H, K); X = arr(N, D); yv, y = make_target(N, K, "ce")
    P = {k: T(v) for k, v in P0.items()}; e_ = pick(0.05, 0.3); alpha = 0.5; tx = T(X)
    prm = {"epsilon": e_, "alpha": alpha, "activation": "tanh"}; noise = {}
    ls = per_sample_loss(mlp(tx, P, "tanh"), y, "ce")
    g_ = torch.autograd.grad(ls.sum(), tx)[0]
    if variant == "fgsm": xa = tx.detach() + e_ * torch.sign(g_)
    elif variant == "fgm": xa = tx.detach() + e_ * g_ / g_.norm(dim=1, keepdim=True)
    elif variant == "gradient": xa = tx.detach() + e_ * g_
    else:
        st = np.round(R.uniform(-e_, e_, (N, D)), 4); noise = {"start": st}; prm.update(stepSize=round(e_ / 3, 4), steps=4)
        xa = torch.tensor(X + st)
        for _ in range(4):
            xv = xa.clone().requires_grad_()
            gv = torch.autograd.grad(per_sample_loss(mlp(xv, P, "tanh"), y, "ce").sum(), xv)[0]
            xa = torch.tensor(X) + (xa + prm["stepSize"] * torch.sign(gv) - torch.tensor(X)).clamp(-e_, e_)
    adv = per_sample_loss(mlp(xa, P, "tanh"), y, "ce").mean()
    ls = per_sample_loss(mlp(T(X, False), P, "tanh"), y, "ce").mean()
    total = alpha * ls + (1 - alpha) * adv
    inp = dict(P0); inp.update(x=X, y=ints(yv))
    add("adversarial_training", variant, prm, inp, {"xAdv": xa, "advLoss": val(adv), "loss": val(total)}, "loss", grad(total, P), noise=noise,
        note="xAdv is a constant in the gradient; per-sample input gradients; loss = alpha*clean+(1-alpha)*adv; net = tanh(x W1^T + b1) W2^T + b2; pgd: noise.start is an offset added to x")

# ================================================================ 1.10  Geometric Occam's razor
def occam(Ws, bs, x, act, head):
    h = T(x); hs = [h]; x0 = h
    for W, b in zip(Ws, bs):
        h = act(W @ h + b); hs.append(h)
    return x0, hs, head(h)


for act in ("tanh", "relu", "softplus"):
    dims = [dim(2, 4), dim(3, 4), dim(2, 4), dim(2, 3)]
    Ws0 = [arr(dims[i + 1], dims[i]) for i in range(3)]; bs0 = [arr(dims[i + 1], scale=0.3) + 0.2 for i in range(3)]
    Ws, bs = [T(w) for w in Ws0], [T(b) for b in bs0]; x = arr(dims[0])
    c = arr(dims[3])
    x0, hs, f_ = occam(Ws, bs, x, ACT[act], lambda h: (T(c, False) * h).sum() + 0.5 * (h * h).sum())
    gx = torch.autograd.grad(f_, x0, retain_graph=True)[0]
    gw = torch.autograd.grad(f_, Ws, retain_graph=True); gb = torch.autograd.grad(f_, bs, retain_graph=True)
    lhs, rhs, rhsb = [], [], []
    gx2 = float((gx ** 2).sum())
    tot_l = 0.0
    for l in range(3):
        J = torch.stack([torch.autograd.grad(hs[l][k], x0, retain_graph=True)[0] for k in range(len(hs[l]))]) if l else torch.eye(dims[0])
        den = (np.linalg.norm(Ws0[l], 2) * np.linalg.norm(npy(J), 2)) ** 2
        if den == 0: den = float("inf")
        hn = float((hs[l] ** 2).sum())
        lhs.append(gx2 * hn / den); rhs.append(float((gw[l] ** 2).sum())); rhsb.append(float((gb[l] ** 2).sum()))
        leq(gx2 * hn / max(1e-300, (np.linalg.norm(Ws0[l]) * np.linalg.norm(npy(J))) ** 2) if den != float("inf") else 0.0, rhs[-1], "occam Frobenius", 1e-10)
        leq(lhs[-1], rhs[-1], "occam W", 1e-10); leq(gx2 / den, rhsb[-1], "occam b", 1e-10)
        close(gw[l], np.outer(npy(gb[l]), npy(hs[l])), 1e-12, "grad_W = delta h^T")
        tot_l += gx2 * (1 + hn) / den
    leq(tot_l, sum(rhs) + sum(rhsb), "occam total")
    add("geometric_occam", act, {"activation": act, "head": "sum(c*h)+0.5*sum(h^2)"}, {"W": Ws0, "b": bs0, "x": x, "c": c},
        {"f": val(f_), "inputGradNormSq": gx2, "lhs": lhs, "weightGradNormSq": rhs, "biasGradNormSq": rhsb, "lhsTotal": tot_l},
        note="single sample; norms of W and of grad_x h are spectral; lhs[l] <= weightGradNormSq[l]")
law("Geometric Occam: per layer and summed inequality holds per sample with operator norms (also with Frobenius); grad_W f = delta h^T")
# batch counterexample: gradients of two samples cancel
w = T(np.array([[1.0]])); xs, ys = T(np.array([1.0, -1.0])), np.array([1.0, -1.0])
fb = 0.5 * ((w[0, 0] * xs[0]) - 2 * 1.0) * 1.0 + 0.5 * ((w[0, 0] * xs[1]) * 1.0)
gwb = torch.autograd.grad(fb, w, retain_graph=True)[0]; gxb = torch.autograd.grad(fb, xs)[0]
assert float(gwb.abs()) < 1e-15 and float(gxb.abs().sum()) > 0.9
law("counterexample: for a batch-mean loss the parameter-gradient norm can be 0 while every per-sample input gradient is not, so the inequality is per-sample only")

# ================================================================ 3.1  data augmentation
for _ in range(3):
    N, D = dim(3, 5), dim(2, 4); X, y, w, e_ = arr(N, D), arr(N), arr(D), arr(N, D); sg = pick(0.1, 0.8)
    tw = T(w); loss = ((T(y, False) - (T(X, False) + sg * T(e_, False)) @ tw) ** 2).mean()
    ex = ((T(y, False) - T(X, False) @ tw) ** 2).mean() + sg ** 2 * (tw ** 2).sum()
    add("data_augmentation", "gaussian-noise", {"sigma": sg}, {"x": X, "y": y, "w": w},
        {"x": X + sg * e_, "loss": val(loss), "expectedLoss": val(ex)}, "loss", grad(loss, {"w": tw}), noise={"eps": e_},
        note="linear model, squared loss: expectedLoss = clean loss + sigma^2 ||w||^2 exactly")
    # law: exact by Gauss-Hermite on each sample's scalar projection
    gh, wt = np.polynomial.hermite_e.hermegauss(20); wt = wt / wt.sum()
    acc = np.mean([(wt * (y[n] - X[n] @ w - sg * np.linalg.norm(w) * gh) ** 2).sum() for n in range(N)])
    close(acc, ex, 1e-10, "noise = L2")
law("Gaussian input noise + linear model + squared loss: expected loss = clean loss + sigma^2||w||^2 exactly (Bishop 1995)")
for _ in range(3):
    N, K = dim(3, 5), dim(3, 4); X = arr(N, 2, 2); yv = R.randint(0, K, N); lam = pick(0.1, 0.9); perm = R.permutation(N)
    W = arr(K, 4); tw = T(W)
    Xm = lam * X + (1 - lam) * X[perm]; Yh = np.eye(K)[yv]; Ym = lam * Yh + (1 - lam) * Yh[perm]
    lg = T(Xm.reshape(N, 4), False) @ tw.T
    loss = -(T(Ym, False) * F.log_softmax(lg, 1)).sum(1).mean()
    close(loss, lam * F.cross_entropy(lg, torch.tensor(yv)) + (1 - lam) * F.cross_entropy(lg, torch.tensor(yv[perm])), 1e-12)
    add("mixup", "given-lambda", {"lambda": lam, "numClasses": K}, {"x": X, "y": ints(yv), "W": W}, {"x": Xm, "targets": Ym, "loss": val(loss)}, "loss",
        grad(loss, {"W": tw}), noise={"permutation": ints(perm)}, note="logits = flatten(x) W^T; soft-target cross entropy, mean")
    Xi = arr(N, 1, 4, 5); y0, y1, x0_, x1_ = 1, 3, 0, 3
    Xc = Xi.copy(); Xc[:, :, y0:y1, x0_:x1_] = Xi[perm][:, :, y0:y1, x0_:x1_]
    lam_c = 1 - (y1 - y0) * (x1_ - x0_) / 20
    add("cutmix", "given-box", {"box": [y0, y1, x0_, x1_], "numClasses": K}, {"x": Xi, "y": ints(yv)},
        {"x": Xc, "lambda": lam_c, "targets": lam_c * Yh + (1 - lam_c) * Yh[perm]}, noise={"permutation": ints(perm)},
        note="rows y0..y1-1, cols x0..x1-1 come from the permuted sample; lambda recomputed from the box area")
law("mixup: CE with mixed targets = lambda CE(y) + (1-lambda) CE(y[perm])")

# ================================================================ 3.2  gradient clipping
for i in range(4):
    gs = param_list(); mx = pick(0.3, 2.5) if i < 3 else 1e3
    cv = pick(0.2, 1.2)
    add("clip_by_value", "symmetric", {"clipValue": cv}, {"grads": gs}, {"grads": [np.clip(g, -cv, cv) for g in gs]})
    n = math.sqrt(sum((g ** 2).sum() for g in gs))
    for eps_, var in ((0.0, "exact"), (1e-6, "torch-eps")):
        co = min(1.0, mx / (n + eps_))
        out = [g * co for g in gs]
        add("clip_by_global_norm", var, {"maxNorm": mx, "normType": 2, "eps": eps_}, {"grads": gs}, {"grads": out, "totalNorm": n})
        n2 = math.sqrt(sum((g ** 2).sum() for g in out))
        leq(n2, mx, "clipped norm")
        co2 = min(1.0, mx / (n2 + eps_))
        if eps_ == 0:
            for a in out: close(a * co2, a, 1e-15, "idempotent")
        elif co < 1:
            assert co2 < 1                       # torch's +1e-6 makes it not idempotent (to ~1e-6)
        cosine = sum((a * b).sum() for a, b in zip(gs, out)) / (n * n2)
        close(cosine, 1.0, 1e-12, "direction")
    ps = [T(g) for g in gs]
    for p_, g in zip(ps, gs): p_.grad = T(g, False)
    tn = torch.nn.utils.clip_grad_norm_(ps, mx)
    co = min(1.0, mx / (n + 1e-6))
    for p_, g in zip(ps, gs): close(p_.grad, g * co, 1e-14, "torch clip")
    for nt in (1, float("inf")):
        n_ = max(np.abs(g).max() for g in gs) if nt != 1 else sum(np.abs(g).sum() for g in gs)
        co = min(1.0, mx / n_)
        add("clip_by_global_norm", "norm-inf" if nt != 1 else "norm-1", {"maxNorm": mx, "normType": "inf" if nt != 1 else 1, "eps": 0.0}, {"grads": gs},
            {"grads": [g * co for g in gs], "totalNorm": float(n_)})
    soft_ = mx / (n + mx); hard_ = min(1.0, mx / n)
    assert hard_ / 2 <= soft_ + 1e-15 and soft_ < hard_
    add("clip_soft", "global", {"gamma": mx}, {"grads": gs}, {"grads": [g * soft_ for g in gs], "totalNorm": n})
law("clip_by_global_norm: norm <= max, direction preserved (cosine 1), idempotent with eps=0; torch's +1e-6 is NOT exactly idempotent; identity below the threshold")
law("gamma/(||g||+gamma) is within a factor 2 of min(1,gamma/||g||), never equal to it")
for c in (0.1, 0.5, 1.0):      # exp: |f''| = |f'|, (0,1)-smooth
    x_ = 0.3; B_ = (math.exp(c) - 1) / c
    d_ = abs(math.exp(x_ + c) - math.exp(x_))
    assert d_ > math.exp(x_) * c * 1.0001                        # the survey's inequality with L1 = 1 fails
    assert d_ <= B_ * math.exp(x_) * c * (1 + 1e-12)             # corrected constant is tight
law("(L0,L1)-smoothness of exp: ||H||<=L0+L1||g|| with (0,1); the survey's finite-difference form fails with the same constants for any finite step; with B=(e^c-1)/c for ||d||<=c/L1 it is tight")

# ================================================================ 3.3  early stopping
def prechelt(tr, va, k):
    eopt, GL, best = [], [], math.inf
    for e_ in va:
        best = min(best, e_); eopt.append(best); GL.append(100 * (e_ / best - 1))
    P = {t: 1000 * (sum(tr[t - k:t]) / (k * min(tr[t - k:t])) - 1) for t in range(k, len(tr) + 1, k)}
    return eopt, GL, P


def stop_gl(GL, a): return next((t + 1 for t, g in enumerate(GL) if g > a), None)


def stop_pq(GL, P, a): return next((t for t in sorted(P) if GL[t - 1] > a * P[t]), None)


def stop_up(va, k, s):
    run = 0
    for t in range(2 * k, len(va) + 1, k):
        run = run + 1 if va[t - 1] > va[t - k - 1] else 0
        if run >= s: return t
    return None


def up_rec(va, k, s, t):
    if t < (s + 1) * k or t % k: return False
    return va[t - 1] > va[t - k - 1] and (s == 1 or up_rec(va, k, s - 1, t - k))


def patience_stop(va, p_, md, mode="min"):
    best, wait, be = None, 0, 0
    sgn = 1 if mode == "min" else -1
    for t, v in enumerate(va, 1):
        wait += 1
        if best is None or sgn * v < sgn * best - md:
            best, wait, be = v, 0, t
        elif wait >= p_ and t > 1:
            return t, be, best
    return None, be, best


def es_case(tr, va, k, variant, note=""):
    eopt, GL, P = prechelt(tr, va, k)
    ex = {"eOpt": eopt, "generalizationLoss": GL, "progress": [[t, P[t]] for t in sorted(P)],
          "GL": [[a, stop_gl(GL, a)] for a in (1, 2, 3, 5)],
          "PQ": [[a, stop_pq(GL, P, a)] for a in (0.5, 0.75, 1, 2, 3)],
          "UP": [[s, stop_up(va, k, s)] for s in (1, 2, 3, 4)],
          "patience": [[p_, md] + list(patience_stop(va, p_, md)) for p_ in (0, 1, 2, 3, 5) for md in (0.0, 0.047)]}
    for s in (1, 2, 3, 4):
        rec = next((t for t in range(1, len(va) + 1) if up_rec(va, k, s, t)), None)
        assert rec == stop_up(va, k, s)
    add("early_stopping", variant, {"strip": k}, {"train": tr, "val": va}, ex,
        note=note + " epochs are 1-based; null = never stops; GL pairs [alpha, epoch]; PQ [alpha, epoch]; UP [s, epoch]; "
             "patience [patience, minDelta, stopEpoch, bestEpoch, bestValue]")
    return ex


hand_tr = [4.0, 3.0, 2.5, 2.2, 2.0, 1.9, 1.8, 1.75, 1.72, 1.7, 1.69, 1.68]
hand_va = [5.0, 4.0, 3.5, 3.2, 3.0, 3.1, 3.3, 3.2, 3.6, 3.9, 3.8, 4.2]
ex = es_case(hand_tr, hand_va, 3, "hand-worked", "hand-worked:")
assert ex["eOpt"][-1] == 3.0 and abs(ex["generalizationLoss"][8] - 20) < 1e-9 and abs(ex["generalizationLoss"][5] - 10 / 3) < 1e-9
assert abs(dict(map(tuple, ex["progress"]))[3] - 1000 * (9.5 / 7.5 - 1)) < 1e-9
assert dict(map(tuple, ex["GL"])) == {1: 6, 2: 6, 3: 6, 5: 7}          # GL(6)=3.33, GL(7)=10
assert dict(map(tuple, ex["UP"])) == {1: 9, 2: 12, 3: None, 4: None}    # 3.5 > 3.1 < 3.6 < 4.2 at t=3,6,9,12
assert dict(map(tuple, ex["PQ"])) == {0.5: 9, 0.75: 9, 1: 12, 2: 12, 3: 12}   # GL/P_k: 0, 3.33/70.2=.0475, 20/21.3=.938, 40/5.95=6.72
assert patience_stop(hand_va, 2, 0.0)[:2] == (7, 5) and patience_stop(hand_va, 0, 0)[0] == 6
law("Prechelt GL/P_k/PQ/UP on a hand-worked 12-epoch sequence (k=3); UP recursion of the paper = s consecutive strip increases")
for k in (3, 5):
    n = 30
    tr = [round(float(2.5 * math.exp(-t / 8) + 0.4 + 0.05 * abs(R.randn())), 4) for t in range(n)]
    va = [round(float(2.2 * math.exp(-t / 6) + 0.6 + 0.012 * t + 0.06 * R.randn()), 4) for t in range(n)]
    es_case(tr, va, k, "noisy")
mono = [round(3.0 / t, 4) for t in range(1, 21)]
ex = es_case(mono, mono, 5, "monotone")
assert all(e[1] is None for key in ("GL", "PQ", "UP") for e in ex[key]) and all(g == 0 for g in ex["generalizationLoss"])
law("strictly decreasing validation error: GL = 0 and no criterion ever stops; GL >= 0; GL(t)=0 iff t attains the running minimum")
law("stop epoch is monotone in alpha (GL, PQ), in s (UP) and in patience")
for c in CASES:
    if c["method"] == "early_stopping":
        for key in ("GL", "PQ", "UP"):
            ep = [math.inf if e[1] is None else e[1] for e in c["expected"][key]]
            assert ep == sorted(ep)
        for md in (0.0, 0.047):
            ep = [math.inf if e[2] is None else e[2] for e in c["expected"]["patience"] if e[1] == md]
            assert ep == sorted(ep)
        va_, gl_, eo_ = c["inputs"]["val"], c["expected"]["generalizationLoss"], c["expected"]["eOpt"]
        assert all(g >= 0 and ((g == 0) == (v == e)) for g, v, e in zip(gl_, va_, eo_))
# early-stopped GD on a quadratic from 0 shrinks each eigen-direction by 1-(1-eta lam)^tau; L2 by lam/(lam+alpha)
ev_, ws_, eta_ = np.array([2.0, 0.5, 0.05]), np.array([1.0, -1.0, 3.0]), 0.1
wq = np.zeros(3)
for _ in range(25): wq = wq - eta_ * ev_ * (wq - ws_)
close(wq, (1 - (1 - eta_ * ev_) ** 25) * ws_, 1e-13)
al_ = ev_ * (1 - eta_ * ev_) ** 25 / (1 - (1 - eta_ * ev_) ** 25)          # the L2 strength that gives the same shrinkage
close(ev_ / (ev_ + al_) * ws_, wq, 1e-13); assert abs(al_[2] * 25 * eta_ - 1) < 0.07
law("early stopping on a quadratic: eigen-component shrinks by 1-(1-eta*lam)^tau; equivalent L2 alpha ~ 1/(tau*eta) when eta*lam*tau << 1")

# ================================================================ 3.4  label smoothing
def smooth(y, K, e_, form):
    if form == "uniform":
        return (1 - e_) * np.eye(K)[y] + e_ / K
    t = np.full((len(y), K), e_ / (K - 1)); t[np.arange(len(y)), y] = 1 - e_
    return t


for form in ("uniform", "others"):
    for i in range(3):
        N, K = dim(2, 5), dim(2, 5); yv = R.randint(0, K, N); e_ = 0.1 if i == 0 else pick(0.02, 0.6); Z = arr(N, K, scale=2.0)
        q = smooth(yv, K, e_, form)
        close(q.sum(1), np.ones(N), 1e-14)
        t = T(Z); loss = -(T(q, False) * F.log_softmax(t, 1)).sum(1).mean()
        g = grad(loss, {"logits": t})
        close(g["logits"], (npy(F.softmax(T(Z), 1)) - q) / N, 1e-13, "grad = (p-q)/N")
        assert np.abs(q * (npy(F.softmax(T(Z), 1)) - 1) / N - npy(g["logits"])).max() > 1e-4   # the linked post's y_i(p_i-1)
        if form == "uniform":
            close(loss, F.cross_entropy(t, torch.tensor(yv), label_smoothing=e_), 1e-13, "torch label_smoothing")
            e2 = e_ * (K - 1) / K
            close(q, smooth(yv, K, e2, "others"), 1e-14, "eps_seed = eps (K-1)/K")
            gap = math.log(K * (1 - e_) / e_ + 1)
            lp_ = F.log_softmax(T(Z), 1); ce_ = F.cross_entropy(T(Z), torch.tensor(yv)); klu = (-math.log(K) - lp_).mean(1).mean()
            close((1 - e_) * ce_ + e_ * (klu + math.log(K)), loss, 1e-12, "uniform decomposition")
        else:
            gap = math.log((1 - e_) * (K - 1) / e_)
        zopt = np.zeros(K); zopt[0] = gap
        close(npy(F.softmax(T(zopt), 0)), smooth(np.array([0]), K, e_, form)[0], 1e-12, "optimal gap")
        H = -(q * np.log(q)).sum(1).mean()
        leq(H, float(loss), "CE >= entropy")
        add("label_smoothing", form, {"smoothing": e_, "numClasses": K}, {"logits": Z, "y": ints(yv)},
            {"targets": q, "loss": val(loss), "optimalGap": gap, "minLoss": float(H)}, "loss", g,
            note="uniform: (1-eps) onehot + eps/K (Szegedy, torch, Keras, optax); others: 1-eps / eps/(K-1) (survey)")
law("label smoothing: gradient (softmax-q)/N; survey form(eps(K-1)/K) = Szegedy form(eps); optimum gap log((1-eps)(K-1)/eps) resp. log(K(1-eps)/eps+1); min loss = H(q)")
law("label smoothing (uniform): loss = (1-eps) CE + eps CE(uniform) = (1-eps) CE + eps (KL(u||p) + log K)")

# ================================================================ 3.5  VIB
def kl_std(mu, sd): return 0.5 * (mu ** 2 + sd ** 2 - 1 - 2 * torch.log(sd)).sum(-1)


for S in (1, 3):
    for _ in range(2):
        N, K, C = dim(2, 4), dim(2, 4), dim(2, 4); mu, rho = arr(N, K), arr(N, K, scale=1.5); e_ = arr(S, N, K); W, b = arr(C, K), arr(C)
        yv = R.randint(0, C, N); shift = -5.0 if S == 1 else 0.0; beta = pick(1e-3, 0.5)
        tm, tr_, tw, tb = T(mu), T(rho), T(W), T(b)
        sd = F.softplus(tr_ + shift); z = tm + sd * T(e_, False)
        lg = z @ tw.T + tb
        ce = F.cross_entropy(lg.reshape(S * N, C), torch.tensor(np.tile(yv, S)))
        kl = kl_std(tm, sd); tot_ = ce + beta * kl.mean()
        add("vib", "S=%d" % S, {"beta": beta, "stdShift": shift, "numSamples": S}, {"mu": mu, "rho": rho, "W": W, "b": b, "y": ints(yv)},
            {"std": sd, "z": z, "kl": kl, "ce": val(ce), "loss": val(tot_)}, "loss", grad(tot_, {"mu": tm, "rho": tr_, "W": tw, "b": tb}), noise={"eps": e_},
            note="std = softplus(rho + stdShift); z = mu + std*eps; KL summed over latent dims, mean over batch; CE mean over samples and batch; nats")
        q_ = torch.distributions.Normal(tm, sd)
        close(torch.distributions.kl_divergence(q_, torch.distributions.Normal(torch.zeros(K), torch.ones(K))).sum(-1), kl, 1e-12)
        n = 200000; m0, s0 = float(tm[0, 0]), float(sd[0, 0]); zz = m0 + s0 * M.randn(n)
        lr_ = (-0.5 * ((zz - m0) / s0) ** 2 - math.log(s0)) - (-0.5 * zz ** 2)
        ref = 0.5 * (m0 ** 2 + s0 ** 2 - 1 - 2 * math.log(s0))
        assert abs(lr_.mean() - ref) < 5 * lr_.std() / math.sqrt(n) + 1e-12
for _ in range(2):
    mu1, sd1, mu2, sd2 = arr(4), uni(4, lo=0.3, hi=2), arr(4), uni(4, lo=0.3, hi=2)
    a = [T(v) for v in (mu1, sd1, mu2, sd2)]
    kl = torch.distributions.kl_divergence(torch.distributions.Normal(a[0], a[1]), torch.distributions.Normal(a[2], a[3])).sum()
    add("gaussian_kl", "diagonal", {}, {"mu1": mu1, "std1": sd1, "mu2": mu2, "std2": sd2}, {"loss": val(kl)}, "loss",
        grad(kl, dict(zip(("mu1", "std1", "mu2", "std2"), a))))
tm, ts_ = T(M.randn(5)), T(np.exp(M.randn(5))); gk = grad(kl_std(tm, ts_), {"m": tm, "s": ts_})
close(gk["m"], tm, 1e-13); close(gk["s"], ts_ - 1 / ts_, 1e-12); assert float(kl_std(tm, ts_)) > 0 and float(kl_std(torch.zeros(3), torch.ones(3))) == 0
law("VIB: closed-form KL = torch.distributions = Monte Carlo (5 sigma); KL >= 0, = 0 iff mu=0, std=1; d KL/d mu = mu, d KL/d std = std - 1/std")
# I(X;Z) <= E KL (Gaussian channel with 2-point x): I = KL average minus KL(p(z)||q)
mus = np.array([-1.0, 1.5]); s_ = 0.7; zz = np.linspace(-12, 12, 200001); dz = zz[1] - zz[0]
px = [np.exp(-0.5 * ((zz - m) / s_) ** 2) / (s_ * math.sqrt(2 * math.pi)) for m in mus]; pz = 0.5 * (px[0] + px[1])
I_ = sum(0.5 * (p_ * np.log(np.maximum(p_, 1e-300) / np.maximum(pz, 1e-300))).sum() * dz for p_ in px)
klbar = np.mean([0.5 * (m ** 2 + s_ ** 2 - 1 - 2 * math.log(s_)) for m in mus])
qz = np.exp(-0.5 * zz ** 2) / math.sqrt(2 * math.pi); gapkl = (pz * np.log(np.maximum(pz, 1e-300) / np.maximum(qz, 1e-320))).sum() * dz
close(I_ + gapkl, klbar, 1e-4); leq(I_, klbar)
law("VIB bound: E KL(p(z|x)||q) = I(x,z) + KL(p(z)||q) >= I(x,z) (numerical integration)")

# ================================================================ 3.6  VAT
def vat(P, X, d0, xi, eps_, K_, mode, net):
    x = T(X, False)
    with torch.no_grad(): p = F.softmax(net(x, P), 1)
    d = T(d0, False)
    for _ in range(K_):
        d = d / d.norm(dim=1, keepdim=True)
        r = ((xi * d) if mode == "finite-difference" else torch.zeros_like(d)).detach().requires_grad_()
        kl = (p * (torch.log(p) - F.log_softmax(net(x + r, P), 1))).sum(1)
        if mode == "finite-difference":
            d = torch.autograd.grad(kl.sum(), r)[0].detach()
        else:
            g_ = torch.autograd.grad(kl.sum(), r, create_graph=True)[0]
            d = torch.autograd.grad((g_ * d).sum(), r)[0].detach()
    d = d / d.norm(dim=1, keepdim=True)
    rv = eps_ * d
    lds = (p * (torch.log(p) - F.log_softmax(net(x + rv, P), 1))).sum(1)
    return p, rv, lds


lin = lambda x, P: x @ P["W"].T + P["b"]
for mode, xi, K_, netn in (("finite-difference", 1e-3, 1, "mlp"), ("finite-difference", 1e-3, 3, "mlp"), ("hvp", 0.0, 1, "mlp"), ("hvp", 0.0, 2, "linear"),
                           ("finite-difference", 1e-6, 1, "linear"), ("finite-difference", 10.0, 1, "mlp"), ("finite-difference", 0.1, 0, "mlp")):
    N, D, H, C = dim(2, 4), dim(3, 4), dim(3, 4), dim(2, 4); X, d0 = arr(N, D), arr(N, D); eps_ = pick(0.3, 2.0)
    P0 = mlp_params(D, H, C) if netn == "mlp" else {"W": arr(C, D), "b": arr(C)}
    P = {k: T(v) for k, v in P0.items()}
    net = (lambda x, Q: mlp(x, Q, "tanh")) if netn == "mlp" else lin
    p, rv, lds = vat(P, X, d0, xi, eps_, K_, mode, net)
    loss = lds.mean(); inp = dict(P0); inp["x"] = X
    add("vat", "%s-%s-K%d" % (netn, mode, K_), {"xi": xi, "epsilon": eps_, "nPowerIterations": K_, "mode": mode, "net": netn, "activation": "tanh"},
        inp, {"probs": p, "rAdv": rv, "lds": lds, "loss": val(loss)}, "loss", grad(loss, P), noise={"d0": d0},
        tol=1e-6 if xi == 1e-6 else None, float32=not (mode == "finite-difference" and xi <= 1e-3), note="p and rAdv are constants in the gradient; normalisation per sample over all non-batch dims; loss = mean KL(p(x)||p(x+r))")
for C in (2, 3, 4):
    D = 4; W, b, x = M.randn(C, D), M.randn(C), M.randn(1, D)
    P = {"W": T(W), "b": T(b)}
    lg = W @ x[0] + b; p_ = np.exp(lg - lg.max()); p_ /= p_.sum()
    Hm = W.T @ (np.diag(p_) - np.outer(p_, p_)) @ W
    ev, Q_ = np.linalg.eigh(Hm)
    rv = npy(vat(P, x, M.randn(1, D), 1e-4, 1.0, 500, "hvp", lin)[1])[0]
    assert 1 - abs(rv @ Q_[:, -1]) < 1e-8
    rv2 = npy(vat(P, x, M.randn(1, D), 1e-4, 1.0, 300, "finite-difference", lin)[1])[0]
    assert 1 - abs(rv2 @ Q_[:, -1]) < 1e-5
    d_ = M.randn(1, D); close(vat(P, x, d_, 0, 1.0, 3, "hvp", lin)[1], -vat(P, x, -d_, 0, 1.0, 3, "hvp", lin)[1], 1e-13)
    if C == 2:
        r1 = npy(vat(P, x, M.randn(1, D), 0, 1.0, 1, "hvp", lin)[1])[0]; dw = (W[1] - W[0]) / np.linalg.norm(W[1] - W[0])
        assert 1 - abs(r1 @ dw) < 1e-12
    # second-order model of the LDS
    r_ = 1e-4 * M.randn(D); lg2 = W @ (x[0] + r_) + b; lp2 = lg2 - lg2.max() - math.log(np.exp(lg2 - lg2.max()).sum())
    kl_ = (p_ * (np.log(p_) - lp2)).sum(); assert abs(kl_ - 0.5 * r_ @ Hm @ r_) < 2e-3 * abs(kl_) + 1e-14
law("VAT: for softmax regression the KL Hessian is W^T(diag p - p p^T)W; power iteration (HVP and finite-difference) finds its top eigenvector; two classes: direction w1-w0 after ONE iteration; LDS ~ 1/2 r^T H r; sign is arbitrary")

# ================================================================ 3.7  flooding
for i in range(4):
    N = dim(3, 6); p_, y_ = arr(N), arr(N); t = T(p_)
    L_ = ((t - T(y_, False)) ** 2).mean(); b = [pick(0.0, 0.2), round(val(L_) + pick(0.1, 1), 4), 0.0, round(val(L_) * 0.9, 4)][i]
    fl = (L_ - b).abs() + b
    g = grad(fl, {"pred": t}); s_ = np.sign(val(L_) - b)
    close(g["pred"], s_ * 2 * (p_ - y_) / N, 1e-13)
    leq(b, val(fl)); close(fl, val(L_) if val(L_) >= b else 2 * b - val(L_), 1e-14)
    if b == 0: close(fl, L_, 0)
    add("flooding", "above" if s_ > 0 else "below", {"floodLevel": b}, {"pred": p_, "target": y_}, {"dataLoss": val(L_), "loss": val(fl)}, "loss", g,
        note="loss = |mse - b| + b on the reduced (mean) loss")
add("flooding", "at-level", {"floodLevel": 0.25}, {"pred": np.array([0.5]), "target": np.array([0.0])}, {"dataLoss": 0.25, "loss": 0.25}, "loss",
    {"pred": np.array([0.0])}, note="L = b exactly: subgradient 0")
law("flooding: gradient = sign(L-b) grad L; loss >= b; equals L above b and 2b-L below; identity for b<=0 on a non-negative loss")
A = np.diag([2.0, 0.5]); th = np.array([1.0, -2.0]); eta = 0.1
t1 = th - eta * A @ th; t2 = t1 + eta * A @ t1
close(t2, th - eta ** 2 * A @ A @ th, 1e-14)
law("flooding down-up pair on a quadratic = GD on ||grad L||^2 with step eta^2/2, exactly")
for _ in range(20):
    Lb = np.abs(M.randn(5)); b = 0.7; leq(abs(Lb.mean() - b) + b, (np.abs(Lb - b) + b).mean())
law("flooding of the mean loss <= mean of per-batch flooded losses (Jensen)")

# ================================================================ optimisers (10 steps)
def run_opt(make, ps0, gs, A=None, bvec=None):
    ps = [T(p_) for p_ in ps0]; o = make(ps); tr_ = []
    for k in range(10):
        for j, p_ in enumerate(ps):
            p_.grad = T(gs[k][j], False) if A is None else (A[j] @ p_ - bvec[j]).detach()
        o.step(); tr_.append([p_.detach().numpy().copy() for p_ in ps])
    return tr_


SETTINGS = []
for kw in ({"lr": 0.1}, {"lr": 0.05, "momentum": 0.9}, {"lr": 0.05, "momentum": 0.9, "nesterov": True}, {"lr": 0.05, "momentum": 0.8, "dampening": 0.3, "weight_decay": 0.1},
           {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.05}, {"lr": 0.05, "momentum": 0.5, "maximize": True}):
    SETTINGS.append(("sgd", torch.optim.SGD, kw))
for kw in ({}, {"lr": 0.05, "betas": [0.8, 0.95]}, {"lr": 0.05, "weight_decay": 0.1}, {"lr": 0.05, "amsgrad": True}, {"lr": 0.05, "amsgrad": True, "weight_decay": 0.1, "betas": [0.5, 0.9], "eps": 1e-4}):
    SETTINGS.append(("adam", torch.optim.Adam, kw))
for kw in ({}, {"lr": 0.05, "weight_decay": 0.1}, {"lr": 0.05, "weight_decay": 0.2, "amsgrad": True}, {"lr": 0.02, "betas": [0.7, 0.9], "weight_decay": 0.0}):
    SETTINGS.append(("adamw", torch.optim.AdamW, kw))
for kw in ({}, {"lr": 0.05, "alpha": 0.9, "momentum": 0.9}, {"lr": 0.02, "alpha": 0.9, "centered": True}, {"lr": 0.02, "weight_decay": 0.1, "momentum": 0.5, "centered": True, "eps": 1e-4}):
    SETTINGS.append(("rmsprop", torch.optim.RMSprop, kw))
for kw in ({}, {"lr": 0.1, "lr_decay": 0.1}, {"lr": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.5}):
    SETTINGS.append(("adagrad", torch.optim.Adagrad, kw))
for kw in ({}, {"lr": 0.5, "rho": 0.8, "eps": 1e-4}, {"lr": 1.0, "weight_decay": 0.1}):
    SETTINGS.append(("adadelta", torch.optim.Adadelta, kw))
RENAME = {"weight_decay": "weightDecay", "lr_decay": "lrDecay", "initial_accumulator_value": "initialAccumulatorValue"}
DEF = {"sgd": {"momentum": 0, "dampening": 0, "weight_decay": 0, "nesterov": False, "maximize": False},
       "adam": {"lr": 1e-3, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0, "amsgrad": False},
       "adamw": {"lr": 1e-3, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.01, "amsgrad": False},
       "rmsprop": {"lr": 0.01, "alpha": 0.99, "eps": 1e-8, "weight_decay": 0, "momentum": 0, "centered": False},
       "adagrad": {"lr": 0.01, "lr_decay": 0, "weight_decay": 0, "initial_accumulator_value": 0, "eps": 1e-10},
       "adadelta": {"lr": 1.0, "rho": 0.9, "eps": 1e-6, "weight_decay": 0}}
for name, cls, kw in SETTINGS:
    ps0 = [arr(dim(2, 3)), arr(2, dim(2, 3))]
    gs = [[arr(*p_.shape) for p_ in ps0] for _ in range(10)]
    full = dict(DEF[name]); full.update(kw)
    tk = {k: (tuple(v) if isinstance(v, list) else v) for k, v in kw.items()}
    tr_ = run_opt(lambda ps: cls(ps, **tk), ps0, gs)
    add(name, "given-gradients", {RENAME.get(k, k): v for k, v in full.items()}, {"params": ps0, "grads": gs}, {"trajectory": tr_},
        note="trajectory[k] = parameters after step k+1 with gradient grads[k] (torch.optim semantics)")
for name, cls, kw in (("sgd", torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True}), ("adam", torch.optim.Adam, {"lr": 0.1}),
                      ("adamw", torch.optim.AdamW, {"lr": 0.1, "weight_decay": 0.1}), ("rmsprop", torch.optim.RMSprop, {"lr": 0.05}),
                      ("adagrad", torch.optim.Adagrad, {"lr": 0.5}), ("adadelta", torch.optim.Adadelta, {"lr": 1.0, "eps": 1e-3})):
    d = dim(2, 4); B_ = arr(d, d, scale=0.6); A = np.round(B_ @ B_.T + 0.2 * np.eye(d), 4); b = arr(d); p0 = arr(d)
    tr_ = run_opt(lambda ps: cls(ps, **kw), [p0], None, [T(A, False)], [T(b, False)])
    full = dict(DEF[name]); full.update(kw)
    add(name, "quadratic", {RENAME.get(k, k): v for k, v in full.items()}, {"A": A, "b": b, "params": [p0]}, {"trajectory": tr_},
        note="objective 1/2 w^T A w - b^T w, gradient A w - b evaluated at the current parameters")
# laws on Adam / AdamW
w0 = np.array([1.0, 1.0]); g_ = np.array([10.0, 0.1]); lr, wd = 0.1, 0.5
a_, b_ = T(w0), T(w0)
oa, ob = torch.optim.Adam([a_], lr=lr, weight_decay=wd), torch.optim.AdamW([b_], lr=lr, weight_decay=wd)
tra, trb = [], []
for _ in range(5):
    a_.grad = T(g_, False); b_.grad = T(g_, False); oa.step(); ob.step()
    tra.append(a_.detach().numpy().copy()); trb.append(b_.detach().numpy().copy())
close(tra[0] - trb[0], lr * wd * w0, 1e-7)
a2, b2 = T(w0), T(w0); oa2, ob2 = torch.optim.Adam([a2], lr=lr), torch.optim.AdamW([b2], lr=lr, weight_decay=0.0)
for _ in range(4):
    gg = M.randn(2); a2.grad = T(gg, False); b2.grad = T(gg, False); oa2.step(); ob2.step()
close(a2, b2, 0)
am = T(w0); oam = torch.optim.Adam([am], amsgrad=True); last = np.zeros(2)
for k in range(12):
    am.grad = T(M.randn(2) / (k + 1), False); oam.step(); cur = oam.state[am]["max_exp_avg_sq"].numpy().copy()
    assert (cur >= last).all(); last = cur
close(trb[-1][0], trb[-1][1], 1e-6)           # AdamW: both coordinates shrink alike (constant gradients)
add("adam_l2_vs_adamw", "counterexample", {"lr": lr, "weightDecay": wd, "steps": 5}, {"w0": w0, "grad": g_}, {"adamL2": np.array(tra), "adamw": np.array(trb)},
    note="constant gradient; coupled L2 inside Adam hardly changes the first step (sign-like), AdamW multiplies by (1-lr*wd)")
law("Adam+L2 != AdamW (counterexample: constant gradient (10,0.1), first step differs by lr*wd*w); equal when weight_decay=0")
for lam_ in (1e-3, 1.0, 50.0):
    p = T(np.array([0.7, -2.0, 0.01])); q0 = p.detach().numpy().copy(); o = torch.optim.Adam([p], lr=0.01, eps=1e-30)
    p.grad = (2 * lam_ * p).detach(); o.step(); close(p, q0 - 0.01 * np.sign(q0), 1e-12)
law("Adam on the pure L2 penalty: first step is w - lr*sign(w), independent of lambda (the survey's w - 2 lr lambda sign(w) is wrong by the factor 2 lambda)")
# scale invariance of Adam, first-step size
p1, p2 = T(w0), T(w0); o1_, o2_ = torch.optim.Adam([p1], lr=0.1, eps=0), torch.optim.Adam([p2], lr=0.1, eps=0)
for _ in range(5):
    gg = M.randn(2); p1.grad = T(gg, False); p2.grad = T(37.0 * gg, False); o1_.step(); o2_.step()
close(p1, p2, 1e-12)
law("Adam with eps=0 is invariant to the gradient scale; AMSGrad's denominator is non-decreasing")

# ================================================================ further methods
def rows_norm(w): return np.linalg.norm(w.reshape(w.shape[0], -1), axis=1).reshape((-1,) + (1,) * (w.ndim - 1))


for shape in ((dim(2, 4), dim(3, 5)), (2, dim(2, 3), 2, 2)):
    w = arr(*shape); c = pick(0.5, 2.0); n_ = rows_norm(w)
    add("max_norm", "rows", {"maxValue": c, "axis": 0}, {"w": w}, {"w": w * np.minimum(1, c / n_)}, note="each output unit's incoming weights projected on the ball; eps = 0")
    lam = pick(0.1, 1); t = T(w); size = w[0].size
    pen = lam * math.sqrt(size) * sum(r_.norm() for r_ in t)
    add("group_lasso", "rows", {"lambda": lam, "axis": 0, "weighted": True}, {"w": w}, {"loss": val(pen)}, "loss", grad(pen, {"w": t}), note="groups = leading index, weight sqrt(group size)")
    gg = arr(*shape, scale=3.0); cf = 0.1; mxn = np.maximum(n_, 1e-3) * cf; gn = rows_norm(gg)
    add("adaptive_grad_clip", "rows", {"clipping": cf, "eps": 1e-3}, {"w": w, "grad": gg}, {"grad": np.where(gn < mxn, gg, gg * (mxn / np.maximum(gn, 1e-6)))})
    add("grad_centralization", "rows", {}, {"grad": gg}, {"grad": gg - gg.reshape(shape[0], -1).mean(1).reshape(n_.shape)})
    tw = T(w); mu_ = tw.reshape(shape[0], -1).mean(1).reshape(n_.shape); sd_ = tw.reshape(shape[0], -1).std(1, unbiased=False).reshape(n_.shape)
    ws_ = (tw - mu_) / torch.sqrt(sd_ ** 2 + 1e-5); gy = arr(*shape)
    add("weight_standardization", "rows", {"eps": 1e-5}, {"w": w}, {"y": ws_}, "y", grad((ws_ * T(gy, False)).sum(), {"w": tw}), gy=gy,
        note="biased variance per output unit, (w-mean)/sqrt(var+eps)")
    ref, alp = arr(*shape), pick(0.1, 1)
    pen = alp / 2 * ((tw - T(ref, False)) ** 2).sum()
    add("l2_sp", "half", {"alpha": alp}, {"w": w, "w0": ref}, {"loss": val(pen)}, "loss", grad(pen, {"w": tw}))
for shape in ((dim(2, 3), dim(4, 5)), (dim(4, 5), dim(2, 3))):
    w = arr(*shape, scale=0.7); lam = pick(0.1, 1); t = T(w); m, n = shape
    U, S, Vt = np.linalg.svd(w, full_matrices=False); nuc = lam * torch.linalg.matrix_norm(t, "nuc"); g = grad(nuc, {"w": t})
    close(g["w"], lam * U @ Vt, 1e-9); close(nuc, lam * S.sum(), 1e-12)
    leq(np.linalg.norm(w), S.sum()); leq(S.sum(), math.sqrt(min(m, n)) * np.linalg.norm(w))
    add("nuclear_norm", "exact", {"lambda": lam}, {"w": w}, {"loss": val(nuc)}, "loss", g, note="gradient lambda*U V^T (full rank, unique)")
    G1 = t.T @ t - torch.eye(n); G2 = t @ t.T - torch.eye(m)
    for nm, pen in (("so-columns", lam * (G1 ** 2).sum()), ("so-rows", lam * (G2 ** 2).sum()), ("dso", lam * ((G1 ** 2).sum() + (G2 ** 2).sum())),
                    ("srip-exact", lam * torch.linalg.matrix_norm(G1, 2)), ("mutual-coherence", lam * G1.abs().max()),
                    ("off-diagonal", lam * ((G2 - torch.diag(torch.diag(G2))) ** 2).sum())):
        add("orthogonal_reg", nm, {"lambda": lam}, {"w": w}, {"loss": val(pen)}, "loss", grad(pen, {"w": t}))
    close((G1 ** 2).sum() - n, (G2 ** 2).sum() - m, 1e-10)
    wn = t / t.norm(dim=1, keepdim=True); Cm = (wn @ wn.T); off = Cm - torch.diag(torch.diag(Cm))
    pen = lam * off.abs().sum() / (m * (m - 1))
    add("orthogonal_reg", "keras-rows", {"lambda": lam}, {"w": w}, {"loss": val(pen)}, "loss", grad(pen, {"w": t}), note="Keras OrthogonalRegularizer: factor * mean |cos| over pairs")
law("||W^T W - I||_F^2 - n = ||W W^T - I||_F^2 - m (soft orthogonality of rows and columns differ by a constant); ||W||_F <= ||W||_* <= sqrt(r)||W||_F; d||W||_* = U V^T")
for _ in range(2):
    N, D, H, K = dim(2, 4), dim(2, 4), dim(3, 4), dim(2, 3); P0 = mlp_params(D, H, K); X = arr(N, D); v0 = arr(N, K); v0 = np.round(v0 / np.linalg.norm(v0, axis=1, keepdims=True), 6)
    lam = pick(0.1, 1); P = {k: T(v) for k, v in P0.items()}; tx = T(X); out = mlp(tx, P, "tanh")
    rows = [torch.autograd.grad(out[:, k].sum(), tx, create_graph=True)[0] for k in range(K)]
    fro = sum((r_ ** 2).sum(1) for r_ in rows).mean(); pen = lam / 2 * fro
    inp = dict(P0); inp["x"] = X
    add("jacobian_reg", "exact", {"lambda": lam, "activation": "tanh"}, inp, {"loss": val(pen)}, "loss", grad(pen, P, create=True), note="lambda/2 * mean_n ||J_n||_F^2")
    jv = torch.autograd.grad((out * T(v0, False)).sum(), tx, create_graph=True)[0]; pen = lam / 2 * K * (jv ** 2).sum(1).mean()
    add("jacobian_reg", "random-projection", {"lambda": lam, "activation": "tanh"}, inp, {"loss": val(pen)}, "loss", grad(pen, P, create=True), noise={"v": v0}, note="lambda/2 * K * mean_n ||v_n^T J_n||^2, v on the unit sphere of outputs")
    basis = sum(((torch.autograd.grad((out * torch.eye(K)[k]).sum(), tx, retain_graph=True)[0]) ** 2).sum(1) for k in range(K)).mean()
    close(basis, fro, 1e-12)
law("Jacobian: average over an orthonormal output basis of K*||v^T J||^2 equals ||J||_F^2 (unbiased projection estimator)")
for _ in range(2):
    N, K = dim(2, 4), dim(2, 4); Z = arr(N, K, scale=1.5); yv = R.randint(0, K, N); be = pick(0.05, 0.5); t = T(Z); lp = F.log_softmax(t, 1); p_ = lp.exp()
    ent = -(p_ * lp).sum(1); ce = F.cross_entropy(t, torch.tensor(yv)); loss = ce - be * ent.mean()
    add("confidence_penalty", "plain", {"beta": be}, {"logits": Z, "y": ints(yv)}, {"entropy": ent, "loss": val(loss)}, "loss", grad(loss, {"logits": t}))
    q = be * np.eye(K)[yv] + (1 - be) * npy(p_); loss = -(T(q, False) * lp).sum(1).mean()
    add("bootstrap_loss", "soft", {"beta": be}, {"logits": Z, "y": ints(yv)}, {"loss": val(loss)}, "loss", grad(loss, {"logits": t}), note="target beta*onehot+(1-beta)*p with p held constant")
    Hh = arr(dim(4, 6), dim(3, 4)); th_ = T(Hh); c = th_ - th_.mean(0, keepdim=True); Cv = c.T @ c / Hh.shape[0]
    pen = 0.5 * ((Cv ** 2).sum() - (torch.diag(Cv) ** 2).sum())
    add("decov", "batch", {}, {"h": Hh}, {"loss": val(pen)}, "loss", grad(pen, {"h": th_}), note="biased covariance (divide by N)")
    act_ = np.clip(uni(dim(3, 5), dim(2, 4)), 0.02, 0.98); ta = T(act_); rho = 0.05; rh = ta.mean(0); pen = (rho * torch.log(rho / rh) + (1 - rho) * torch.log((1 - rho) / (1 - rh))).sum()
    add("kl_sparsity", "batch", {"rho": rho}, {"h": act_}, {"loss": val(pen)}, "loss", grad(pen, {"h": ta}))
for var in ("sam", "asam"):
    N, D, H, K = dim(3, 4), dim(2, 3), 3, dim(2, 3); P0 = mlp_params(D, H, K); X = arr(N, D); yv, y = make_target(N, K, "ce"); P = {k: T(v) for k, v in P0.items()}; rho = 0.05 if var == "sam" else 0.5; lr = 0.1
    lf = lambda Q: per_sample_loss(mlp(T(X, False), Q, "tanh"), y, "ce").mean()
    L_ = lf(P); g = grad(L_, P)
    if var == "sam":
        n_ = math.sqrt(float(sq(g.values()))); ep = {k: rho * g[k] / n_ for k in P}
    else:
        Tw = {k: P[k].detach().abs() + 0.01 for k in P}; n_ = math.sqrt(float(sq([Tw[k] * g[k] for k in P]))); ep = {k: rho * Tw[k] ** 2 * g[k] / n_ for k in P}
    Q = {k: T(npy(P[k]) + npy(ep[k])) for k in P}; Ls = lf(Q); gs_ = grad(Ls, Q)
    inp = dict(P0); inp.update(x=X, y=ints(yv))
    add("sam", var, {"rho": rho, "eta": 0.01 if var == "asam" else 0.0, "lr": lr, "activation": "tanh"}, inp,
        {"dataLoss": val(L_), "perturbation": ep, "perturbedLoss": val(Ls), "samGrads": gs_, "step": {k: npy(P[k]) - lr * npy(gs_[k]) for k in P}},
        note="samGrads = gradient at w+e used for an SGD step from w; asam: T_w = |w|+eta on every parameter")
seq = [arr(3) for _ in range(8)]
for dec in (0.9, 0.5):
    e_ = seq[0].copy(); out, deb, z = [e_.copy()], [], np.zeros(3)
    for s_ in seq[1:]:
        e_ = dec * e_ + (1 - dec) * s_; out.append(e_.copy())
    for k, s_ in enumerate(seq, 1):
        z = dec * z + (1 - dec) * s_; deb.append(z / (1 - dec ** k))
    add("ema", "init-first", {"decay": dec}, {"params": np.array(seq)}, {"average": np.array(out), "debiased": np.array(deb)}, note="average starts at params[0]; debiased starts at 0 and divides by 1-decay^k")
add("swa", "mean", {}, {"params": np.array(seq)}, {"average": np.array([np.mean(seq[:k], 0) for k in range(1, 9)])})
p0 = arr(3); gsl = [arr(3) for _ in range(9)]; slow, fast, al, ks, tr_ = p0.copy(), p0.copy(), 0.5, 3, []
for k, g in enumerate(gsl, 1):
    fast = fast - 0.1 * g
    if k % ks == 0: slow = slow + al * (fast - slow); fast = slow.copy()
    tr_.append(fast.copy())
add("lookahead", "sgd", {"alpha": al, "syncPeriod": ks, "lr": 0.1}, {"params": p0, "grads": np.array(gsl)}, {"trajectory": np.array(tr_)})
gg, nz = arr(4, 3), arr(4, 3); add("grad_noise", "annealed", {"eta": 0.3, "gamma": 0.55}, {"grads": gg}, {"grads": gg + nz * np.sqrt(0.3 / (1 + np.arange(4)) ** 0.55)[:, None]}, noise={"normal": nz}, note="row t (0-based) gets variance eta/(1+t)^gamma")

# ================================================================ remaining laws (no cases)
for _ in range(30):
    w = M.randn(M.randint(1, 9)); d = w.size
    leq(np.linalg.norm(w), np.abs(w).sum()); leq(np.abs(w).sum(), math.sqrt(d) * np.linalg.norm(w))
    a_, r_ = M.rand(), M.rand(); t = T(w)
    e1 = a_ * (r_ * t.abs().sum() + (1 - r_) / 2 * (t ** 2).sum()); e2 = a_ * r_ * t.abs().sum() + a_ * (1 - r_) / 2 * (t ** 2).sum()
    close(e1, e2, 1e-14)
    A, B = M.randn(3, 5), M.randn(3, 5)
    leq(np.linalg.norm(A + B, 2), np.linalg.norm(A, 2) + np.linalg.norm(B, 2))
    u = M.randn(3); last = 0.0
    for k in range(1, 15):
        uu, vv = power_iter(T(A, False), T(u, False), k); cur = float(uu @ T(A, False) @ vv)
        leq(last, cur, "power iteration monotone"); last = cur
law("||w||_2 <= ||w||_1 <= sqrt(d)||w||_2; elastic-net parametrisations agree; spectral triangle inequality; power-iteration estimate non-decreasing in the iteration count")
la = T(np.linspace(-6, 6, 41)); pz = torch.sigmoid(la - 2 / 3 * math.log(0.1 / 1.1))
assert (np.diff(npy(pz)) > 0).all(); close(grad(pz.sum(), {"a": la})["a"], pz * (1 - pz), 1e-13)
law("hard-concrete penalty is increasing in logAlpha with gradient lambda p (1-p)")
Q_, _ = np.linalg.qr(M.randn(5, 5)); Wq = Q_[:3] * np.array([[2.0], [0.3], [7.0]])
ang = Wq / np.linalg.norm(Wq, axis=1, keepdims=True); Vq = 1 - 2 / math.pi * np.arccos(ang @ ang.T * (1 - np.eye(3)))
assert np.abs(Vq - np.diag(np.diag(Vq))).max() < 1e-12
Yt = np.tanh(3 * M.randn(20, 4)); Yt /= np.linalg.norm(Yt, axis=0); Vt_ = Yt.T @ Yt
assert np.abs(Vt_ - Vt_.T).max() == 0 and np.abs(Vt_).max() <= 1 + 1e-12
x_ = M.randn(3); A1, A2 = M.randn(4, 3), M.randn(2, 4); close(np.maximum(A2 / 5 @ np.maximum(A1 * 5 @ x_, 0), 0), np.maximum(A2 @ np.maximum(A1 @ x_, 0), 0), 1e-12)
law("SOM: orthogonal rows of any length give V_ij = 0; V symmetric in [-1,1]; bias-free ReLU net invariant to product-1 rescaling")
P = {k: T(v) for k, v in {"W1": M.randn(4, 3), "b1": M.randn(4), "W2": M.randn(2, 4), "b2": M.randn(2)}.items()}
X = T(M.randn(5, 3)); yy = torch.tensor(M.randint(0, 2, 5)); L_ = per_sample_loss(mlp(X, P, "tanh"), yy, "ce").mean()
g_ = grad(L_, P, create=True); pen = sq(g_.values()); pg = grad(pen, P, create=True)
hv = grad(sum((g_[k] * g_[k].detach()).sum() for k in P), P)
for k in P: close(pg[k], 2 * hv[k], 1e-11, "2 H g")
law("gradient of ||g||^2 is 2 H g (HVP route = double-backward route)")
out = mlp(X, P, "tanh")[:, :1]; n_ = torch.autograd.grad(out.sum(), X, create_graph=True)[0].norm(dim=1)
leq(float((torch.relu(n_ - 1) ** 2).mean()), float(((n_ - 1) ** 2).mean()))
Wl = T(M.randn(3, 4)); xl = T(M.randn(6, 4)); ol = xl @ Wl.T
close(sum((torch.autograd.grad(ol[:, k].sum(), xl, retain_graph=True)[0] ** 2).sum(1) for k in range(3)).mean(), (Wl ** 2).sum(), 1e-12)
for _ in range(10):
    a_, b_ = M.randn(3), M.randn(3); ts_ = np.linspace(0, 1, 2001)[:, None]; xs_ = T(a_ + ts_ * (b_ - a_))
    o_ = mlp(xs_, P, "tanh")[:, 0]; gm = float(torch.autograd.grad(o_.sum(), xs_)[0].norm(dim=1).max())
    leq(abs(float(o_[-1] - o_[0])), gm * np.linalg.norm(b_ - a_), "mean value", 1e-4)
law("one-sided GP <= two-sided GP; Dirichlet energy of x -> Wx is ||W||_F^2; |f(a)-f(b)| <= max ||grad f|| ||a-b|| on the segment")
gh, wt = np.polynomial.hermite_e.hermegauss(60); wt = wt / wt.sum(); fz = lambda z: np.log1p(np.exp(z)); z0 = 0.4; sg_ = 1 / (1 + math.exp(-z0)); h2 = sg_ * (1 - sg_)
er = [abs((wt * fz(z0 + s_ * gh)).sum() - fz(z0) - s_ ** 2 / 2 * h2) for s_ in (0.2, 0.1)]; assert abs(er[0] / er[1] - 16) < 1
law("noise injection: E L(x+sigma e) = L + sigma^2/2 tr Hess + O(sigma^4) (observed order 4)")
va_, tr_ = np.abs(M.randn(20)) + 0.1, np.abs(M.randn(20)) + 0.1
e1, e2 = prechelt(list(tr_), list(va_), 5), prechelt(list(7 * tr_), list(3 * va_), 5); close(e1[1], e2[1], 1e-10); close(list(e1[2].values()), list(e2[2].values()), 1e-9)
law("GL and P_k are invariant to scaling the validation resp. training error")
x_ = M.randn(2, 3); Pl = {"W": T(M.randn(3, 3)), "b": T(M.randn(3))}; p_ = F.softmax(lin(T(x_), Pl), 1).detach(); r_ = T(np.zeros((2, 3)))
k0 = (p_ * (torch.log(p_) - F.log_softmax(lin(T(x_, False) + r_, Pl), 1))).sum(); close(k0, 0, 1e-14); close(torch.autograd.grad(k0, r_)[0], np.zeros((2, 3)), 1e-14)
d_ = M.randn(2, 3); v1 = vat(Pl, x_, d_, 0, 1.0, 2, "hvp", lin); Pl2 = {"W": Pl["W"], "b": T(npy(Pl["b"]) + 4.0)}; v2 = vat(Pl2, x_, d_, 0, 1.0, 2, "hvp", lin)
close(v1[2], v2[2], 1e-10); assert (npy(v1[2]) >= 0).all()
law("VAT: KL and its gradient vanish at r=0; loss >= 0; invariant to a constant shift of the logits")
thf = lambda th: np.tanh(th) * np.array([1.0, 2.0]) + 0.3 * th ** 2; Hf = lambda th: np.diag((1 - np.tanh(th) ** 2) * np.array([1.0, 2.0]) + 0.6 * th)
th = np.array([0.5, -0.7]); rr = []
for et in (0.02, 0.01):
    t1 = th - et * thf(th); t2 = t1 + et * thf(t1); rr.append(np.linalg.norm(t2 - (th - et ** 2 * Hf(th) @ thf(th))))
assert abs(rr[0] / rr[1] - 8) < 0.5
law("flooding down-up pair: remainder O(eta^3) for a non-quadratic loss (observed order 3)")
Wn_ = T(M.randn(3, 4)); U, S, Vt = np.linalg.svd(npy(Wn_), full_matrices=False); uT, vT = T(U[:, 0], False), T(Vt[0], False); gg = M.randn(3, 4)
Wb = Wn_ / (uT @ Wn_ @ vT); got = grad((Wb * T(gg, False)).sum(), {"w": Wn_})["w"]; close(got, (gg - (gg * npy(Wb)).sum() * np.outer(U[:, 0], Vt[0])) / S[0], 1e-12)
wz = M.randn(3, 6); st = lambda w: (w - w.mean(1, keepdims=True)) / np.sqrt(w.var(1, keepdims=True)); close(st(wz), st(2.5 * wz + 0.7), 1e-12)
law("spectral normalisation gradient (g - <g,W/s> u v^T)/s; weight standardisation invariant to a*W+b (a>0, eps=0)")

out = {"meta": {"generator": "objective.py", "seed": args.seed, "dtype": "float64", "torch": torch.__version__.split("+")[0],
                "schema": "id, method, variant, params, inputs, noise, grad_of, grad_output, expected, grads, tol, note; tensor = {shape, data row-major}; grads = d sum(expected[grad_of]*grad_output)/d input",
                "layout": "linear weights [out,in]; conv kernels [out,in,kh,kw]", "tolerance": {"float64": 1e-9, "float32": 1e-4},
                "tolerance_rule": "|got-want| <= tol*(1+|want|); a case's tol overrides", "methods": COUNT, "laws_verified": LAWS}, "cases": CASES}
with open(args.out, "w") as fh:
    fh.write('{"meta":' + json.dumps(out["meta"], separators=(",", ":"), allow_nan=False) + ',\n"cases":[\n')
    fh.write(",\n".join(json.dumps(c, separators=(",", ":"), allow_nan=False) for c in CASES))
    fh.write("\n]}\n")
print(len(CASES), "cases,", len(COUNT), "methods,", os.path.getsize(args.out), "bytes")
print("laws verified:")
for l in LAWS:
    print(" -", l)
