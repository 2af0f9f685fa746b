"""The look of the pages: the NHS's, or a plain one with an organisation's own colours and logo."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from shared.content.content_models import ContentModel
from shared.content.contrast import MIN_CONTRAST, contrast, darker
from shared.wording.sentences import sentence

Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
LogoFile = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\.(svg|png)$")]

_PAGE, _CARD, _FOOTER = "#f0f4f5", "#ffffff", "#d8dde0"


class Colours(ContentModel):
    """Colours as `#rrggbb`. `brand` is that of the header, with `brand_text` on it; left out, they are the NHS's."""

    brand: Colour = "#005eb8"
    brand_text: Colour = "#ffffff"
    link: Colour = "#005eb8"
    button: Colour = "#007f3b"
    button_text: Colour = "#ffffff"

    @property
    def contrasts(self) -> dict[tuple[str, str], float]:
        """The ratio of each text to what it stands on, by the names of the two."""
        return {
            ("brand_text", "brand"): contrast(self.brand_text, self.brand),
            ("link", "page"): contrast(self.link, _PAGE),
            ("link", "card"): contrast(self.link, _CARD),
            ("link", "footer"): contrast(self.link, _FOOTER),
            ("button_text", "button"): contrast(self.button_text, self.button),
            ("button_text", "pressed button"): contrast(self.button_text, darker(self.button)),
        }

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        pale = {pair: ratio for pair, ratio in self.contrasts.items() if ratio < MIN_CONTRAST}
        found = [
            sentence("content.contrast", text=text, ground=ground, ratio=f"{ratio:.1f}", least=MIN_CONTRAST)
            for (text, ground), ratio in pale.items()
        ]
        if found:
            raise PydanticCustomError("question", "{found}", {"found": "; ".join(found)})
        return self


class Look(ContentModel):
    """The look. With `nhs` it has the logo, colours and typeface of the NHS; `plain` is for everyone else.

    `logo` is a file in the folder `files/` of the content; a plain look without one names the organisation alone.
    """

    style: Literal["nhs", "plain"] = "nhs"
    logo: LogoFile | None = None
    colours: Colours = Colours()

    @property
    def is_plain(self) -> bool:
        return self.style == "plain"

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if not self.is_plain and (self.logo or self.colours != Colours()):
            raise PydanticCustomError("question", "{found}", {"found": sentence("content.nhs-look")})
        return self
