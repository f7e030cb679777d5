using GpuGrants.Api.Access;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Mail;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.People;

/// <summary>Whether strangers may sign up, as configured and as far as mail can be sent. It says so at the service's start.</summary>
public sealed partial class SignUpGate(
    IOptions<SignUpOptions> options,
    IOptions<AccessOptions> access,
    Outbox outbox,
    ILogger<SignUpGate> logger
) : IHostedService
{
    /// <summary>open, invitation or closed.</summary>
    public string Mode => !outbox.IsOpen || access.Value.ExternalIssuer is not null ? SignUpOptions.Closed : options.Value.Mode;

    /// <exception cref="ProblemException">Nobody may sign up without having been invited.</exception>
    public void DemandOpen()
    {
        if (Mode == SignUpOptions.Open)
            return;
        throw new ProblemException(
            Mode == SignUpOptions.Closed
                ? Problem.Document(403, "sign-up-closed", "Nobody can sign up here. Ask an administrator of the platform to add you.")
                : Problem.Document(403, "sign-up-by-invitation", "Only those who were invited sign up here. Ask for an invitation.")
        );
    }

    /// <exception cref="ProblemException">No code can be mailed.</exception>
    public void DemandMail()
    {
        if (outbox.IsOpen && access.Value.ExternalIssuer is null)
            return;
        throw new ProblemException(
            Problem.Document(403, "sign-up-closed", "This service sends no codes. Ask an administrator of the platform.")
        );
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.Mode != SignUpOptions.Closed && access.Value.ExternalIssuer is not null)
            LogExternal();
        else if (options.Value.Mode != SignUpOptions.Closed && !outbox.IsOpen)
            LogNoMail();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(LogLevel.Warning, "Sign-up is closed, because no mail can be sent. Set Mail:Host, or SignUp:Mode=closed.")]
    private partial void LogNoMail();

    [LoggerMessage(LogLevel.Information, "Sign-up is closed: Access:ExternalIssuer says who people are.")]
    private partial void LogExternal();
}
