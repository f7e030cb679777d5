using GpuGrants.Api.Store;
using Microsoft.Extensions.Options;
using OpenIddict.Server;

namespace GpuGrants.Api.Access.Tokens;

/// <summary>Keeps the ring fresh, and the token server's options with it.</summary>
public sealed partial class SigningKeyRotation(
    SigningKeyRing ring,
    IOptionsMonitorCache<OpenIddictServerOptions> tokenServer,
    KeyPassphrase passphrase,
    TimeProvider clock,
    ILogger<SigningKeyRotation> logger
) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(5);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await RefreshAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await Housekeeping.TryAsync(() => RefreshAsync(stoppingToken), Log, stoppingToken);
    }

    /// <summary>The service goes on with the keys that it read before.</summary>
    private void Log(Exception failure)
    {
        if (Transient.Is(failure))
            LogFailed(failure);
        else
            LogBroke(failure);
    }

    private async Task RefreshAsync(CancellationToken cancellation)
    {
        await ring.RefreshAsync(cancellation);
        tokenServer.TryRemove(Options.DefaultName);
        foreach (var key in ring.Unreadable)
            LogUnreadable(key, passphrase.Setting);
    }

    [LoggerMessage(LogLevel.Warning, "The signing keys could not be refreshed. The current keys stay in use.")]
    private partial void LogFailed(Exception failure);

    [LoggerMessage(
        LogLevel.Error,
        "The signing keys could not be refreshed, and will not be until somebody mends it. The current keys stay."
    )]
    private partial void LogBroke(Exception failure);

    [LoggerMessage(
        LogLevel.Error,
        "The signing key {Key} cannot be read with {Setting}. Other keys take its place. Restore its row in signing_keys, or delete it: "
            + "the tokens that it signed end then."
    )]
    private partial void LogUnreadable(string key, string setting);
}
