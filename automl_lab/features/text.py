"""Columns of text: the weights of their words, and for models that want few dense columns, the topics of these."""

from __future__ import annotations

from collections.abc import Sequence

from automl_lab.data.profile import Profile
from automl_lab.features.step import FeatureStep
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition
from automl_lab.pipelines.parts import Suggest, Wants

AS_DOCUMENTS = Definition.of("automl_lab.features.emitted", "as_documents")
TOPICS = Definition.of("automl_lab.features.emitted", "Topics")
# Words, and whatever stands between them: so every text that is not empty has a token, and a fold of "!" a vocabulary.
TOKENS = r"\w+|[^\w\s]+"
WORDS = 20_000


def groups(profile: Profile) -> list[list[str]]:
    """Each column of text by itself: a word may mean one thing in the title and another in the body."""
    return [[name] for name in profile.of_kind("text")]


def build(suggest: Suggest, profile: Profile, _columns: Sequence[str], wants: Wants) -> Call:
    """TF-IDF, followed by a truncated SVD for a model that wants dense columns."""
    phrase = suggest.int("phrase", 1, 2, default=1)
    documents = Call("sklearn.preprocessing.FunctionTransformer", AS_DOCUMENTS, feature_names_out="one-to-one")
    tfidf = Call(
        "sklearn.feature_extraction.text.TfidfVectorizer",
        token_pattern=TOKENS,
        ngram_range=(1, phrase),
        max_features=WORDS,
        sublinear_tf=True,
    )
    if not wants.dense:
        return Call("sklearn.pipeline.make_pipeline", documents, tfidf)
    components = suggest.int("topics", 16, 128, default=64, log=True)
    topics = Call(TOPICS, components=components, random_state=profile.seed)
    return Call("sklearn.pipeline.make_pipeline", documents, tfidf, topics)


TEXT = FeatureStep(
    "text",
    50,
    groups,
    build,
    (
        AS_DOCUMENTS,
        TOPICS,
        "sklearn.pipeline.make_pipeline",
        "sklearn.preprocessing.FunctionTransformer",
        "sklearn.feature_extraction.text.TfidfVectorizer",
    ),
)
