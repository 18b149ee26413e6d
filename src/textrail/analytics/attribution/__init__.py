"""Who earned a conversion: models as SQL over the columns, and path counts for the rest."""

from textrail.analytics.attribution.arithmetic import Part, split_openly
from textrail.analytics.attribution.counting import (
    coarser_paths,
    counts_query,
    origin_paths,
    path_counts,
)
from textrail.analytics.attribution.credits import credits_query
from textrail.analytics.attribution.explaining import Step, explain
from textrail.analytics.attribution.paths import OF_TRAIT, within_reach
from textrail.analytics.attribution.scope import DAY_MS, Grain, Scope, Trait, Transform
from textrail.analytics.attribution.teams import (
    TEAM_MODELS,
    Earned,
    TeamModel,
    team_credits,
    whole_units,
)
from textrail.analytics.attribution.touchpoints import VIEWS
from textrail.analytics.attribution.weighing import MODELS, Model
from textrail.analytics.counted import CountedPaths, Untouched
from textrail.analytics.markov import stretches

__all__ = [
    "DAY_MS",
    "MODELS",
    "OF_TRAIT",
    "TEAM_MODELS",
    "VIEWS",
    "CountedPaths",
    "Earned",
    "Grain",
    "Model",
    "Part",
    "Scope",
    "Step",
    "TeamModel",
    "Trait",
    "Transform",
    "Untouched",
    "coarser_paths",
    "counts_query",
    "credits_query",
    "explain",
    "origin_paths",
    "path_counts",
    "split_openly",
    "stretches",
    "team_credits",
    "whole_units",
    "within_reach",
]
