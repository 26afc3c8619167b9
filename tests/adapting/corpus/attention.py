"""Machine learning from scratch: one causal head of attention, with a mask and layer norm."""

import numpy as np

TOKENS = np.array([3, 1, 4, 1])


def positional(n, d):
    pe = np.zeros((n, d))
    pos = np.arange(n)[:, None]
    div = np.exp(np.arange(0, d, 2) * -(np.log(100.0) / d))
    pe[:, 0::2] = np.sin(pos * div)
    pe[:, 1::2] = np.cos(pos * div)
    return pe


def layer_norm(x, eps=1e-5):
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + eps)


def attention(q, k, v):
    scores = q @ k.T / np.sqrt(q.shape[-1])
    mask = np.triu(np.ones_like(scores), k=1).astype(bool)
    scores[mask] = -1e9
    scores -= scores.max(axis=-1, keepdims=True)
    weights = np.exp(scores)
    weights /= weights.sum(axis=-1, keepdims=True)
    return np.einsum("ij,jk->ik", weights, v)


def perplexity(p):
    d = 4
    table = np.cos(np.outer(np.arange(6), np.arange(1, d + 1)))
    x = table[TOKENS] * p[0] + positional(len(TOKENS), d)
    Wq, Wk = p[1] * np.eye(d), np.roll(np.eye(d), 1, axis=0) * p[2]
    h = layer_norm(x + attention(x @ Wq, x @ Wk, x))
    logits = h @ table.T
    logz = np.log(np.exp(logits).sum(-1))
    return np.exp(np.mean(logz[:-1] - logits[np.arange(3), TOKENS[1:]]))
