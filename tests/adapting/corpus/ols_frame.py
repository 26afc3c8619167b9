"""Econometrics: a loss over a DataFrame, with weights by group."""

import numpy as np
import pandas as pd

df = pd.DataFrame({
    "wage": [12.1, 15.3, 9.8, 22.4, 18.0, 11.1, 13.7],
    "educ": [12, 16, 10, 18, 16, 11, 12],
    "exper": [5.0, 3.0, 20.0, 7.0, 10.0, 2.0, 9.0],
    "region": ["n", "s", "n", "s", "s", "n", "n"],
})  # fmt: skip
df["log_wage"] = np.log(df["wage"])
df["exper2"] = df["exper"] ** 2 / 100


def predict(beta, data):
    return beta[0] + beta[1] * data["educ"] + beta[2] * data["exper"] + beta[3] * data["exper2"]


def loss(beta, weights={"n": 1.0, "s": 0.5}):
    total = 0.0
    for region, group in df.groupby("region"):
        resid = group["log_wage"].to_numpy() - predict(beta, group)
        total += weights[region] * np.sum(np.log(np.cosh(resid)))
    penalty = np.sum(np.asarray(beta)[1:] ** 2)
    return total / len(df) + 0.01 * penalty
