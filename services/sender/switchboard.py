"""Which channels are on, by the settings; each is one module behind one port."""

from pathlib import Path

from schemas.notice_words import NoticeChannel
from services.domain.clock import Clock
from services.domain.errors import SettingsError
from services.domain.policies import load_policy_file
from services.domain.wording.policy import load_texts
from services.runtime.settings import Settings
from services.sender.channels.chat import ChatChannel
from services.sender.channels.dkim import Signer
from services.sender.channels.gateway import GatewayChannel
from services.sender.channels.letter import LetterChannel
from services.sender.channels.port import Channel
from services.sender.channels.robots import Robots
from services.sender.channels.smpp import Centre, SmppChannel
from services.sender.channels.smtp import Relay, SmtpChannel
from services.sender.channels.webhook import WebhookChannel
from services.sender.policy import GATEWAYS, SendingPolicy


def channels_of(
    settings: Settings, policy: SendingPolicy, clock: Clock
) -> dict[NoticeChannel, Channel]:
    """Return the channels that the settings switch on.

    Raises:
        SettingsError: one of them cannot be used safely.
    """
    channels: dict[NoticeChannel, Channel] = {}
    is_private, seconds = settings.webhook_private, policy.call_seconds
    company = {str(language): name for language, name in load_texts(settings.texts).company.items()}
    if settings.smtp_host:
        channels[NoticeChannel.EMAIL] = _mail(settings, policy, company, clock)
    for channel in GATEWAYS:
        url = getattr(settings, f"{channel}_url")
        if url:
            channels[channel] = GatewayChannel(
                channel,
                policy.gateways[channel],
                url,
                getattr(settings, f"{channel}_secret").get_secret_value(),
                clock,
                seconds,
                is_private,
                callback=f"{settings.public_url.rstrip('/')}/v1/receipts/{channel}",
            )
    if settings.smpp_host:
        if settings.sms_url:
            raise SettingsError("COMPLAINTS_SMPP_HOST and COMPLAINTS_SMS_URL: only one of the two")
        channels[NoticeChannel.SMS] = SmppChannel(centre_of(settings, seconds), clock.monotonic)
    if settings.chat_robots is not None:
        robots = load_robots(settings.chat_robots)
        channels[NoticeChannel.CHAT] = ChatChannel(robots, clock, seconds, is_private)
    if settings.letter_url:
        channels[NoticeChannel.LETTER] = LetterChannel(
            settings.letter_url,
            settings.letter_secret.get_secret_value(),
            company,
            clock,
            seconds,
            is_private,
        )
    if settings.webhook_url:
        channels[NoticeChannel.WEBHOOK] = WebhookChannel(
            settings.webhook_url,
            settings.webhook_secret.get_secret_value(),
            clock,
            seconds,
            is_private,
        )
    return channels


def centre_of(settings: Settings, seconds: float) -> Centre:
    """Return the centre for short messages that the settings name."""
    return Centre(
        settings.smpp_host,
        settings.smpp_port,
        settings.smpp_user,
        settings.smpp_password.get_secret_value(),
        settings.smpp_sender,
        settings.smpp_tls,
        seconds,
    )


def load_robots(path: Path) -> Robots:
    """Read and check the file that says which robot writes to which team.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    return load_policy_file(Robots, "chat robots", path)


def _mail(
    settings: Settings, policy: SendingPolicy, company: dict[str, str], clock: Clock
) -> Channel:
    domain = settings.sender_address.rpartition("@")[2]
    signer = None
    if settings.dkim_key is not None:
        signer = Signer.of_file(settings.dkim_key, settings.dkim_selector, domain)
    relay = Relay(
        settings.smtp_host,
        settings.smtp_port,
        settings.sender_address,
        company,
        settings.smtp_tls,
        settings.smtp_user,
        settings.smtp_password.get_secret_value(),
        policy.call_seconds,
        signer,
        settings.replies,
    )
    return SmtpChannel(relay, clock.monotonic)
