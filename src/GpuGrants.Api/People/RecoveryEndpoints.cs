using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Mail;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.People;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.People;

/// <summary>Whose secret was lost.</summary>
public sealed record RecoveryBody
{
    /// <summary>The address by which the person signed up.</summary>
    public string? Email { get; init; }
}

/// <summary>The mailed code, and which client gets a new secret.</summary>
public sealed record RecoveryCodeBody
{
    /// <summary>The eight digits of the mail.</summary>
    public string? Code { get; init; }

    /// <summary>The client whose secret was lost; the person's oldest active client when left out.</summary>
    public string? ClientId { get; init; }
}

/// <summary>A lost secret is replaced by a mailed code.</summary>
public static class RecoveryEndpoints
{
    public static void Map(RouteGroupBuilder open)
    {
        open.MapPost("/recoveries", StartAsync)
            .Takes<RecoveryBody>()
            .Idempotent()
            .Says(
                "startRecovery",
                "Ask for a new secret",
                "For everybody, without a token. Mails a code when somebody signed up with the address. The answer is the same in any case."
            )
            .Answers<CodeSentView>(202);
        open.MapPost("/recoveries/{id:guid}/confirm", ConfirmAsync)
            .Takes<RecoveryCodeBody>()
            .Idempotent()
            .Says(
                "confirmRecovery",
                "Replace a lost secret",
                "For whoever has the mailed code. The client gets a new secret, shown once, and the old one "
                    + "stops working at once. A person "
                    + "without an active client gets a new one. Five tries within 15 minutes."
            )
            .Answers<RecoveredView>()
            .Refuses(404, 409);
    }

    private static async Task<IResult> StartAsync(HttpContext http, GpuGrantsContext db)
    {
        var services = http.RequestServices;
        var body = await http.BodyAsync(new RecoveryValidator());
        services.GetRequiredService<SignUpGate>().DemandMail();
        var email = EmailAddress.Parse(body.Email)!;
        var (identity, earlier) = await CodeMail.EarlierOfStrangerAsync(http, email);
        if (earlier is not null)
            return earlier;
        await CodeMail.TakeAsync(http, db, email, AddressProof.Recovery);
        return await CodeMail.SendAsync(
            http,
            new StartRecovery
            {
                Tree = TreeId.Platform,
                Actor = Actor.Service,
                Identity = identity,
                Code = MailedCode.Make(),
                Proofs = services.GetRequiredService<Proofs>(),
                Outbox = services.GetRequiredService<Outbox>(),
            }
        );
    }

    private static async Task<IResult> ConfirmAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var services = http.RequestServices;
        var body = await http.BodyAsync(new RecoveryCodeValidator());
        services.GetRequiredService<SignUpGate>().DemandMail();
        var proof = await CodeMail.ProofAsync(http, db, id, AddressProof.Recovery);
        var firstTokens = services.GetRequiredService<FirstTokens>();
        return await http.RunAsync(
            new ConfirmRecovery
            {
                Tree = TreeId.Platform,
                Actor = Actor.Service,
                ProofId = id,
                Code = body.Code!,
                Client = await ClientAsync(db, proof.Identity, body.ClientId, http.Now(), http.RequestAborted),
                IsNamed = body.ClientId is not null,
                Proofs = services.GetRequiredService<Proofs>(),
            },
            Proofs.Answering<RecoveredView>(
                made => Answer.Ok(made with { Token = firstTokens.Of(made.Client) }),
                made => Answer.Ok(made.WithoutSecret())
            )
        );
    }

    /// <summary>The person's client of this id, or the oldest that is active. Nothing of it is told before the code was right.</summary>
    private static async Task<Guid?> ClientAsync(
        GpuGrantsContext db,
        string identity,
        string? named,
        DateTimeOffset now,
        CancellationToken cancellation
    ) =>
        await (
            from known in db.Set<Identity>()
            where known.Hash == identity && known.Until == null
            join client in db.Set<ApiClient>() on known.PersonId equals client.PrincipalId
            where client.Status == "active" && (client.ExpiresAt == null || client.ExpiresAt > now)
            where named == null || client.ClientId == named
            orderby client.Id
            select (Guid?)client.Id
        ).FirstOrDefaultAsync(cancellation);

    private sealed class RecoveryValidator : AbstractValidator<RecoveryBody>
    {
        public RecoveryValidator() => RuleFor(body => body.Email).Email();
    }

    private sealed class RecoveryCodeValidator : AbstractValidator<RecoveryCodeBody>
    {
        public RecoveryCodeValidator()
        {
            RuleFor(body => body.Code).Code();
            RuleFor(body => body.ClientId).Text(100, required: false);
        }
    }
}
