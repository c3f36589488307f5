"""The composition root: what is made of what. The only file that knows dependency-injector."""

from __future__ import annotations

from datetime import timedelta

from dependency_injector import containers, providers

from glowtify_adapters.app import App, Campaigns, Connections, Work
from glowtify_adapters.credentials.encrypted_sql import EncryptedCredentials
from glowtify_adapters.credentials.environment import EnvironmentCredentials
from glowtify_adapters.credentials.keys import GivenKeys, KeyFile, Keys
from glowtify_adapters.credentials.rotation import KeyRotation
from glowtify_adapters.doctor import Doctor, Host
from glowtify_adapters.engine import open_engine
from glowtify_adapters.observing import open_observer
from glowtify_adapters.persistence import Database, SqlCampaigns, SqlConnections, SqlGate
from glowtify_adapters.persistence.backlog import SqlBacklog
from glowtify_adapters.persistence.figures import SqlFigures
from glowtify_adapters.persistence.workers import SqlWorkers
from glowtify_adapters.settings import Settings
from glowtify_core.application.advance_publication import AdvancePublication
from glowtify_core.application.background import Background
from glowtify_core.application.cancel_campaign import CancelCampaign
from glowtify_core.application.collect_performance import CollectPerformance
from glowtify_core.application.connect_account import ConnectAccount
from glowtify_core.application.disconnect_account import DisconnectAccount
from glowtify_core.application.leftovers import Leftovers
from glowtify_core.application.list_audiences import ListAudiences
from glowtify_core.application.platforms import Platforms
from glowtify_core.application.publish_campaign import PublishCampaign
from glowtify_core.application.repair import Repair
from glowtify_core.application.reschedule_campaign import RescheduleCampaign
from glowtify_core.application.track_campaigns import TrackCampaigns
from glowtify_core.host import discover
from glowtify_core.ports.clock import SystemClock


def _keys(settings: Settings) -> Keys:
    return GivenKeys(settings.secret_keys) if settings.secret_keys else KeyFile(settings.key_file)


def _seconds(settings: Settings, name: str) -> timedelta:
    return timedelta(seconds=getattr(settings, name))


def _handed_out_for(settings: Settings) -> timedelta:
    """Four claims long: whoever takes a job claims its campaign well before it is handed out again."""
    return timedelta(seconds=4 * settings.claim_seconds)


class Container(containers.DeclarativeContainer):
    """Everything once a process; tests override single providers."""

    settings = providers.Dependency(instance_of=Settings)

    clock = providers.Singleton(SystemClock)
    observer = providers.Singleton(open_observer, telemetry=settings.provided.telemetry)
    directory = providers.Singleton(discover)
    database = providers.Singleton(Database, settings.provided.database)
    gate = providers.Singleton(SqlGate, database, clock)
    connection_repo = providers.Singleton(SqlConnections, database)
    campaign_repo = providers.Singleton(
        SqlCampaigns, database, claim_length=providers.Factory(_seconds, settings, "claim_seconds")
    )
    figures_repo = providers.Singleton(SqlFigures, database)
    keys = providers.Singleton(_keys, settings)
    credentials = providers.Selector(
        settings.provided.credentials,
        encrypted=providers.Singleton(EncryptedCredentials, database, keys),
        environment=providers.Singleton(EnvironmentCredentials),
    )
    secrets = providers.Selector(
        settings.provided.credentials,
        encrypted=providers.Singleton(KeyRotation, database, keys),
        environment=providers.Object(None),
    )

    platforms = providers.Singleton(
        Platforms,
        directory=directory,
        connections=connection_repo,
        credentials=credentials,
        clock=clock,
        gate=gate,
        settings=providers.Dict(
            allowed_hosts=settings.provided.allowed_hosts,
            settle_seconds=settings.provided.settle_seconds,
            quota_share=settings.provided.quota_share,
        ),
        observer=observer,
    )
    advance = providers.Singleton(
        AdvancePublication,
        repo=campaign_repo,
        platforms=platforms,
        clock=clock,
        settle=providers.Factory(_seconds, settings, "settle_seconds"),
        observer=observer,
    )
    track = providers.Singleton(
        TrackCampaigns, repo=campaign_repo, platforms=platforms, clock=clock, observer=observer
    )
    ending = providers.Factory(
        CancelCampaign, repo=campaign_repo, platforms=platforms, advance=advance, clock=clock
    )

    connect = providers.Factory(ConnectAccount, platforms=platforms, credentials=credentials, clock=clock)
    performance = providers.Factory(
        CollectPerformance,
        platforms=platforms,
        figures=figures_repo,
        repo=campaign_repo,
        clock=clock,
        ages=settings.provided.figures_ages,
        observer=observer,
    )
    background = providers.Singleton(
        Background,
        repo=campaign_repo,
        connections=connection_repo,
        advance=advance,
        track=track,
        collect=performance,
        connect=connect,
        clock=clock,
        again=providers.Factory(_handed_out_for, settings),
    )
    workers = providers.Singleton(SqlWorkers, database)

    app = providers.Singleton(
        App,
        connections=providers.Factory(
            Connections,
            directory=directory,
            repo=connection_repo,
            credentials=credentials,
            connect=connect,
            disconnect=providers.Factory(
                DisconnectAccount, connections=connection_repo, credentials=credentials, repo=campaign_repo
            ),
        ),
        audiences=providers.Factory(ListAudiences, platforms=platforms, clock=clock),
        campaigns=providers.Factory(
            Campaigns,
            repo=campaign_repo,
            publish=providers.Factory(
                PublishCampaign,
                repo=campaign_repo,
                platforms=platforms,
                advance=advance,
                track=track,
                clock=clock,
            ),
            advance=advance,
            track=track,
            reschedule=providers.Factory(
                RescheduleCampaign, repo=campaign_repo, platforms=platforms, advance=advance, clock=clock
            ),
            cancel=ending,
            repair=providers.Factory(
                Repair,
                repo=campaign_repo,
                advance=advance,
                track=track,
                leftovers=providers.Factory(Leftovers, repo=campaign_repo, platforms=platforms, clock=clock),
            ),
        ),
        performance=performance,
        figures=figures_repo,
        quotas=providers.Singleton(SqlGate, database, clock).provided.left,  # another gate's are not told
        work=providers.Factory(
            Work,
            background=background,
            workers=workers,
            engine=providers.Factory(open_engine, background, workers, settings).provider,
        ),
        secrets=secrets,
        close=database.provided.close,
    )

    doctor = providers.Factory(
        Doctor,
        providers.Factory(
            Host,
            settings=settings,
            clock=clock,
            database=database,
            keys=providers.Selector(
                settings.provided.credentials, encrypted=keys, environment=providers.Object(None)
            ),
            credentials=credentials,
            connections=connection_repo,
            workers=workers,
            backlog=providers.Factory(SqlBacklog, database),
            gate=gate,
            directory=directory.provider,
            connect=connect.provider,
            lost_after=providers.Factory(_seconds, settings, "claim_seconds"),
        ),
    )


def build_app(settings: Settings | None = None) -> App:
    """The application of this process, wired from its environment.

    Raises:
        ConfigurationError: the environment is not usable.
        ConnectorConflict: two distributions claim one connector name.
    """
    return Container(settings=settings or Settings.read()).app()


def build_doctor(settings: Settings | None = None) -> Doctor:
    """The doctor of this process's host; unlike the application it can be had where connectors conflict.

    Raises:
        ConfigurationError: the environment is not usable.
    """
    return Container(settings=settings or Settings.read()).doctor()
