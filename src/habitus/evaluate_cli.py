"""The command line of `habitus evaluate`: one frozen dataclass for each of what can be scored."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import UseAppendAction, arg, subcommand


@dataclass(frozen=True)
class EvaluateReidCommand:
    """Score re-identification on a data set, by the protocols of the field.

    Reads Market-1501, DukeMTMC-reID, CUHK03, MSMT17, PRCC, LTCC, VC-Clothes, Celeb-reID, DeepChange, LaST, CCVID, a
    folder a person, or your own table. Prints mAP, rank-1, -5, -10 and mINP in percent for each mode that the data has,
    each with its protocol in words; --json writes them as fractions from 0 to 1; -o adds CMC and ROC curves, ranked
    lists (with the bodies recovered, by weights of 3dsl), the hardest queries, and a page with it all (index.html).

    Try:
        habitus evaluate reid --data PRCC/ --weights baseline --shots single

        habitus evaluate reid --data LTCC_ReID/ --weights run/model --mode cc --json scores.json -o scores/

        habitus evaluate reid --data world/ --features world.parquet --rerank
    """

    data: Annotated[Path, arg(metavar="DIR")]
    """Folder of the data set, or a table (CSV or Parquet with path, pid, camid, clothes_id, split)."""
    weights: Annotated[str | None, arg(metavar="NAME|FILE")] = None
    """pcb or baseline (shipped), the folder of a trained model, or a file of published weights."""
    features: Annotated[Path | None, arg(metavar="FILE")] = None
    """Parquet file of `habitus embed` to score, instead of embedding the photos with --weights."""
    mode: UseAppendAction[tuple[Literal["all", "general", "cc", "sc"], ...]] = ()
    """general, cc (other clothes) or sc (same clothes); several --mode for several. Without: all that the data has."""
    shots: Literal["multi", "single"] = "multi"
    """multi: the whole gallery. single: one photo a person, drawn --draws times; scores are means."""
    draws: Annotated[int, arg(metavar="N")] = 10
    """Galleries to draw for single shots."""
    seed: Annotated[int, arg(metavar="S")] = 0
    """Of the draws, and of the queries in pictures."""
    rerank: bool = False
    """k-reciprocal re-ranking (k1 20, k2 6, lambda 0.3)."""
    expand: Annotated[int, arg(metavar="N")] = 0
    """Average each query with the N photos nearest to it, weighted by their cosine cubed, and ask again."""
    flip: Literal["sum", "none"] = "sum"
    """sum: add the feature of the mirror image, as is usual."""
    feature: Literal["rgb", "shape", "fused"] | None = None
    """Of weights of several streams (3dsl): appearance, 3D shape, or both. Without: as the weights have it."""
    rgb_weight: Annotated[float | None, arg(metavar="SHARE")] = None
    """Of appearance in the fused feature, from 0 to 1. Without: as the weights have it."""
    layout: Annotated[str | None, arg(metavar="NAME")] = None
    """Of the folder, when it cannot be told from what lies in it: market1501, prcc, ltcc, csv, ..."""
    strict: bool = False
    """Stop at a photo that cannot be read, instead of leaving it out and saying so."""
    batch: Annotated[int, arg(metavar="N")] = 64
    """Photos that the model sees at once."""
    device: str = "auto"
    """cpu, cuda, cuda:1, mps; auto: the fastest there is."""
    json: Annotated[Path | None, arg(metavar="FILE")] = None
    """Write the scores and everything that they depend on."""
    output: Annotated[Path | None, arg(aliases=["-o"], metavar="DIR")] = None
    """New folder for results, curves, pictures and index.html."""
    debug: bool = False
    """Show a traceback instead of one line when something fails."""

    def run(self) -> None:
        """Score and tell."""
        from habitus.evaluate_command import score_reid  # noqa: PLC0415

        score_reid(self, say=partial(print, flush=True))


@dataclass(frozen=True)
class EvaluateTextureCommand:
    """Score textures made from one photo each, method by method.

    Methods: ours and rstg (shipped weights), unwrap (what the photo shows, mirrored and filled in), mean and nearest
    (of other people's textures), or the folder of a run's weights. Compares each texture, rendered on the photo's body,
    with the photo (SSIM, mask-SSIM, CosSim, CosSim-R, LPIPS), and with the true texture where there is one (made
    worlds). Prints a table with all that its numbers depend on; -o adds a page with pictures (index.html).

    Try:
        habitus evaluate texture --data world/ --method unwrap,mean,nearest

        habitus evaluate texture --data world/ --method ours,run/model --count 100 --json scores.json -o scores/

        habitus evaluate texture --data Market-1501/ --bodies bodies.parquet --photos market1501split.pkl
    """

    data: Annotated[Path, arg(metavar="DIR")]
    """Folder of a data set, or a table (CSV or Parquet with path, pid, camid, clothes_id, split)."""
    method: Annotated[str, arg(metavar="NAME,...")] = "ours,unwrap,mean,nearest"
    """Separated by commas: ours, rstg, unwrap, mean, nearest, or folders of weights (with a slash: ./run)."""
    bodies: Annotated[Path | None, arg(metavar="FILE")] = None
    """Body parameters of the photos, from `habitus bodies`. Without: the truth of a made world."""
    body: Annotated[Path | None, arg(metavar="FILE")] = None
    """Your SMPL .npz or .pkl, instead of the open body."""
    uv: Annotated[Path | None, arg(metavar="OBJ")] = None
    """OBJ with the UV layout for --body (smpl_uv.obj); without it the open body's layout is carried over."""
    photos: Annotated[Path | None, arg(metavar="FILE")] = None
    """Which photos: RSTG's market1501split.pkl, SMPLMarket's eval_list.pkl or train_test_img_paths_pid.pkl, or a .txt.
    Without: those of the test people; of a made world whose seed is held out, all."""
    count: Annotated[int | None, arg(metavar="N")] = None
    """Score so many photos, drawn evenly over people."""
    seed: Annotated[int, arg(metavar="S")] = 0
    """Of what is drawn: photos, backgrounds, people in pictures."""
    mask: Literal["person", "body"] = "person"
    """What SSIM and LPIPS compare: the person's mask in the photo, or where the body is drawn (as Texformer does)."""
    reid_weights: Annotated[str, arg(metavar="NAME|FILE")] = "pcb"
    """Network of CosSim: pcb or baseline (shipped), a trained model, or a file of published weights."""
    independent: Annotated[str, arg(metavar="NAME|FILE")] = "baseline"
    """Network of CosSim-R, which no texture should have been trained with: as above."""
    lpips: Annotated[tuple[Path, ...], arg(metavar="FILE...")] = ()
    """Published weights of LPIPS: the trunk (torchvision's alexnet or vgg16) and the heads (alex.pth or vgg.pth)."""
    scans: Annotated[Path | None, arg(metavar="DIR")] = None
    """Textures of mean and nearest: SURREAL's folder. Without: a thousand people made in code."""
    backgrounds: Annotated[Path | None, arg(metavar="DIR")] = None
    """Pictures behind the renders of CosSim. Without: made streets."""
    layout: Annotated[str | None, arg(metavar="NAME")] = None
    """Of the folder, when it cannot be told from what lies in it: market1501, prcc, ltcc, csv, ..."""
    device: str = "auto"
    """Of the networks that compare: cpu, cuda, cuda:1, mps; auto: the fastest there is."""
    json: Annotated[Path | None, arg(metavar="FILE")] = None
    """Write the scores and everything that they depend on."""
    output: Annotated[Path | None, arg(aliases=["-o"], metavar="DIR")] = None
    """New folder for results, pictures and index.html."""
    debug: bool = False
    """Show a traceback instead of one line when something fails."""

    def run(self) -> None:
        """Score and tell."""
        from habitus.evaluate_texture_command import score_textures  # noqa: PLC0415

        score_textures(self, say=partial(print, flush=True))


@dataclass(frozen=True)
class EvaluateRecoveryCommand:
    """Score bodies recovered from one photo each, on made people, whose bodies are known.

    Methods: the folder of a network's weights (of `habitus train body`, or 3dsl), fit (our optimisation; seconds a
    photo), fit:FOLDER (the same from what that network says), and truth (what could be reached at best). Prints joint
    errors before and after Procrustes, silhouette IoU, keypoint errors, and R^2 of the height-normalised build from one
    photo and from several of a person; -o adds a page with a sheet of some people (index.html).

    Try:
        habitus synth held-out/ --people 400 --outfits 2 --views 4 --seed 900003

        habitus evaluate recovery --data held-out/ --method ./run/model --json scores.json -o scores/

        habitus evaluate recovery --data held-out/ --method fit,./run/model,fit:./run/model,truth --count 40
    """

    data: Annotated[Path, arg(metavar="DIR")]
    """Folder of a made world (`habitus synth`)."""
    method: Annotated[str, arg(metavar="NAME,...")]
    """Separated by commas: fit, truth, folders of weights (with a slash: ./run), fit: and such a folder."""
    body: Annotated[Path | None, arg(metavar="FILE")] = None
    """Your SMPL .npz or .pkl, instead of the open body; the world must be made with it."""
    count: Annotated[int | None, arg(metavar="N")] = None
    """Score so many photos, drawn evenly over people."""
    together: Annotated[int, arg(metavar="K")] = 8
    """Photos of one person whose builds are averaged."""
    seed: Annotated[int, arg(metavar="S")] = 0
    """Of what is drawn: photos, which of them are averaged, people in pictures."""
    layout: Annotated[str | None, arg(metavar="NAME")] = None
    """Of the folder, when it cannot be told from what lies in it: market1501, prcc, ltcc, csv, ..."""
    device: str = "auto"
    """Of the networks: cpu, cuda, cuda:1, mps; auto: the fastest there is."""
    json: Annotated[Path | None, arg(metavar="FILE")] = None
    """Write the scores and everything that they depend on."""
    output: Annotated[Path | None, arg(aliases=["-o"], metavar="DIR")] = None
    """New folder for results, a sheet of some people and index.html."""
    debug: bool = False
    """Show a traceback instead of one line when something fails."""

    def run(self) -> None:
        """Score and tell."""
        from habitus.evaluate_recovery_command import score_recovery  # noqa: PLC0415

        score_recovery(self, say=partial(print, flush=True))


@dataclass(frozen=True)
class EvaluateCommand:
    """Score what Habitus does."""

    what: (
        Annotated[EvaluateReidCommand, subcommand("reid", description="Score re-identification.")]
        | Annotated[EvaluateTextureCommand, subcommand("texture", description="Score textures made from photos.")]
        | Annotated[EvaluateRecoveryCommand, subcommand("recovery", description="Score bodies recovered from photos.")]
    )
    """What is scored."""

    def run(self) -> None:
        """Run what was chosen."""
        self.what.run()

    @property
    def debug(self) -> bool:
        """Of what was chosen."""
        return self.what.debug
