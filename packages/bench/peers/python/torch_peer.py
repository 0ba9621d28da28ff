"""All workloads with PyTorch, eager."""

import torch
import torch.nn.functional as F

torch.set_num_threads(1)

version = f"torch {torch.__version__}, eager, 1 thread"


def array(buffer, dtype, shape):
    kind = {"float32": torch.float32, "int32": torch.int32}[dtype]
    return torch.frombuffer(buffer, dtype=kind).reshape(shape)


def matmul(arrays, settings):
    a, b = arrays["a"], arrays["b"]
    a = a.t() if settings["form"] == "tn" else a
    b = b.t() if settings["form"] == "nt" else b
    product = torch.empty(a.shape[0], b.shape[1])

    def step(_index):
        torch.matmul(a, b, out=product)
        return 0

    def result():
        torch.matmul(a, b, out=product)
        return [product[at].item() for at in ((0, 0), (0, -1), (-1, -1))]

    return step, result


def elementwise(arrays, _settings):
    x = arrays["x"].requires_grad_()

    def step(_index):
        x.grad = None
        total = (torch.tanh(x * 1.5 + 0.5) * x - torch.exp(-x * x)).sum()
        total.backward()
        return total.item()

    return step, lambda: [step(0), x.grad[0].item()]


def chain(arrays, settings):
    x, b = arrays["x"].requires_grad_(), arrays["b"].requires_grad_()

    def step(_index):
        x.grad = b.grad = None
        total = x
        for _ in range(settings["length"]):
            total = total + b
        total = total.sum()
        total.backward()
        return total.item()

    return step, lambda: [step(0), x.grad[0].item(), b.grad[0].item()]


def train(arrays, settings):
    spec = settings["spec"]
    convolution = spec["network"] == "convolution"
    parameters = {}
    for name in settings["initial"]:
        value = arrays[name]
        # `[in, out]` there, `[out, in]` here.
        value = value.t().contiguous() if value.dim() == 2 else value.clone()
        parameters[name] = value.requires_grad_()
    tensors = list(parameters.values())
    weights = {name: p for name, p in parameters.items() if p.dim() > 1}
    xs, ys = arrays["x"], arrays["y"] if spec["loss"] == "mse" else arrays["labels"].long()
    batches = [(x.clone(), y.clone()) for x, y in zip(xs, ys)]
    lefts = {name: arrays[f"start {name}"] for name in settings["starts"]}
    optimizer = make_optimizer(spec, tensors, settings["adam"])
    activation = torch.tanh if spec["activation"] == "tanh" else F.relu
    criterion = F.mse_loss if spec["loss"] == "mse" else F.cross_entropy

    def forward(x):
        if convolution:
            for i in range(2):
                x = F.conv2d(x, parameters[f"filter{i}"], parameters[f"bias{i}"])
                x = F.max_pool2d(F.relu(x), 2)
            return F.linear(x.flatten(1), parameters["weight"], parameters["bias"])
        last = len(spec["network"]) - 2
        for i in range(last + 1):
            x = F.linear(x, parameters[f"weight{i}"], parameters[f"bias{i}"])
            if i < last:
                x = activation(x)
                if "dropout" in spec:
                    x = F.dropout(x, spec["dropout"])
        return x

    def squared_spectral_norm(name):
        weight = weights[name]
        with torch.no_grad():
            right = F.normalize(weight.t() @ lefts[name], dim=0, eps=settings["eps"])
            left = F.normalize(weight @ right, dim=0, eps=settings["eps"])
        lefts[name] = left
        return torch.dot(left, weight @ right).square()

    def loss_of(x, y):
        if "gradientPenalty" in spec:
            x = x.detach().requires_grad_()
            loss = criterion(forward(x), y)
            (slope,) = torch.autograd.grad(loss, x, create_graph=True)
            return loss + spec["gradientPenalty"] * slope.square().sum()
        loss = criterion(forward(x), y)
        if "l2" in spec:
            loss = loss + spec["l2"] * sum(w.square().sum() for w in weights.values())
        if "spectralNorm" in spec:
            loss = loss + spec["spectralNorm"] * sum(map(squared_spectral_norm, lefts))
        return loss

    def step(index):
        x, y = batches[index % len(batches)]
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(x, y)
        loss.backward()
        if "maxNorm" in spec:
            torch.nn.utils.clip_grad_norm_(tensors, spec["maxNorm"])
        optimizer.step()
        return loss.item()

    return step, None


def make_optimizer(spec, tensors, adam):
    if spec["optimizer"] == "sgd":
        return torch.optim.SGD(tensors, lr=spec["lr"])
    kind = torch.optim.Adam if spec["optimizer"] == "adam" else torch.optim.AdamW
    return kind(
        tensors,
        lr=spec["lr"],
        betas=(adam["beta1"], adam["beta2"]),
        eps=adam["eps"],
        weight_decay=spec.get("weightDecay", 0),
    )
