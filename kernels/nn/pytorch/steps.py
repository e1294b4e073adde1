"""Training steps of PyTorch on the CPU, asked for line by line: what steps.bench.ts compares with.

One JSON object a line in, one out. The first line that is written says which PyTorch this is. {"make": network,
"file": path, "shapes": […], …} builds a network from raw float32 parameters and a batch; {"steps": n} trains it n
steps and answers with seconds, seconds of processors, and the losses. Threads are settled by the environment.
"""
import json
import sys
import time

try:
    import torch
except ImportError:
    print(json.dumps({"missing": "torch"}), flush=True)
    sys.exit(0)
from torch import nn
from torch.nn import functional as F


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(784, 1200), nn.ReLU(), nn.Linear(1200, 1200), nn.ReLU(), nn.Linear(1200, 10)
        )

    def forward(self, x):
        return self.layers(x)


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(32 * 7 * 7, 10),
        )

    def forward(self, x):
        return self.layers(x)


class Block(nn.Module):
    """Pre-norm: attention and a wide layer, each added to what comes in."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def attention(self, x):
        batch, length, width = x.shape
        parts = self.qkv(x).view(batch, length, 3, self.heads, width // self.heads)
        q, k, v = parts.permute(2, 0, 3, 1, 4)
        scores = torch.matmul(q, k.transpose(-2, -1)) * (width // self.heads) ** -0.5
        mixed = torch.matmul(F.softmax(scores, dim=-1), v)
        return self.out(mixed.transpose(1, 2).reshape(batch, length, width))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Transformer(nn.Module):
    def __init__(self, vocabulary=128, width=128, heads=4, length=64):
        super().__init__()
        self.words = nn.Embedding(vocabulary, width)
        self.places = nn.Parameter(torch.zeros(length, width))
        self.blocks = nn.ModuleList([Block(width, heads) for _ in range(2)])
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocabulary)

    def ordered(self):
        """In the order of use, as they come in the file."""
        yield from self.words.parameters()
        yield self.places
        yield from self.blocks.parameters()
        yield from self.norm.parameters()
        yield from self.head.parameters()

    def forward(self, tokens):
        x = self.words(tokens) + self.places
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x)).flatten(0, 1)


networks = {"mlp": Mlp, "cnn": Cnn, "transformer": Transformer}


class Training:
    def __init__(self, make, file, shapes, input, labels, momentum, rate):
        data = torch.frombuffer(bytearray(open(file, "rb").read()), dtype=torch.float32)
        self.at = 0

        def take(shape):
            size = 1
            for length in shape:
                size *= length
            self.at += size
            return data[self.at - size : self.at].view(shape).clone()

        self.network = networks[make]()
        parameters = list(getattr(self.network, "ordered", self.network.parameters)())
        if [list(p.shape) for p in parameters] != shapes:
            raise ValueError(f"expected {[list(p.shape) for p in parameters]}; found {shapes}")
        with torch.no_grad():
            for parameter, shape in zip(parameters, shapes):
                parameter.copy_(take(shape))
        self.x = take(input["shape"])
        if input["whole"]:
            self.x = self.x.long()
        self.labels = take([labels]).long()
        self.optimiser = torch.optim.SGD(self.network.parameters(), lr=rate, momentum=momentum)

    def step(self):
        self.optimiser.zero_grad(set_to_none=True)
        loss = F.cross_entropy(self.network(self.x), self.labels)
        loss.backward()
        self.optimiser.step()
        return loss.item()


def main():
    print(json.dumps({"torch": torch.__version__}), flush=True)
    training = None
    for line in sys.stdin:
        order = json.loads(line)
        if "make" in order:
            training = Training(**order)
            print(json.dumps({"made": order["make"]}), flush=True)
            continue
        start, started = time.perf_counter(), time.process_time()
        losses = [training.step() for _ in range(order["steps"])]
        seconds, processor = time.perf_counter() - start, time.process_time() - started
        print(json.dumps({"seconds": seconds, "processor": processor, "losses": losses}), flush=True)


main()
