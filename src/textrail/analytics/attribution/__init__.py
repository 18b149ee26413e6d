"""Who earned a conversion: models as SQL over the columns, and path counts for the rest."""

from textrail.analytics.attribution.arithmetic import Part, split_openly
from textrail.analytics.attribution.counting import counts_query, origin_paths, path_counts
from textrail.analytics.attribution.credits import credits_query
from textrail.analytics.attribution.explaining import Step, explain
from textrail.analytics.attribution.paths import within_reach
from textrail.analytics.attribution.scope import DAY_MS, Grain, Scope, Transform
from textrail.analytics.attribution.teams import (
    TEAM_MODELS,
    Earned,
    TeamModel,
    team_credits,
    whole_units,
)
from textrail.analytics.attribution.touchpoints import VIEWS
from textrail.analytics.attribution.weighing import MODELS, Model
from textrail.analytics.counted import CountedPaths, PathCount

__all__ = [
    "DAY_MS",
    "MODELS",
    "TEAM_MODELS",
    "VIEWS",
    "CountedPaths",
    "Earned",
    "Grain",
    "Model",
    "Part",
    "PathCount",
    "Scope",
    "Step",
    "TeamModel",
    "Transform",
    "counts_query",
    "credits_query",
    "explain",
    "origin_paths",
    "path_counts",
    "split_openly",
    "team_credits",
    "whole_units",
    "within_reach",
]
