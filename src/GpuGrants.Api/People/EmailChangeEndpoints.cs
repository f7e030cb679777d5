using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Mail;
using GpuGrants.Api.Store;
using GpuGrants.People;
using GpuGrants.Trees;

namespace GpuGrants.Api.People;

/// <summary>A new address.</summary>
public sealed record EmailChangeBody
{
    /// <summary>The address to move to.</summary>
    public string? Email { get; init; }
}

/// <summary>The codes of both addresses.</summary>
public sealed record EmailCodesBody
{
    /// <summary>The eight digits that went to the present address.</summary>
    public string? OldCode { get; init; }

    /// <summary>The eight digits that went to the new address.</summary>
    public string? NewCode { get; init; }
}

/// <summary>A person moves to another address: the present one and the new one both agree.</summary>
internal static class EmailChangeEndpoints
{
    public static void Map(RouteGroupBuilder v1, string[] scopes)
    {
        v1.MapPost("/me/email-changes", StartAsync)
            .RequireScope(scopes)
            .Takes<EmailChangeBody>()
            .Idempotent()
            .Says(
                "startEmailChange",
                "Change your address",
                "For people who signed up. Mails one code to the present address and one to the new one."
            )
            .Answers<CodeSentView>(202)
            .Refuses(409);
        v1.MapPost("/me/email-changes/{id:guid}/confirm", ConfirmAsync)
            .RequireScope(scopes)
            .Takes<EmailCodesBody>()
            .Idempotent()
            .Says(
                "confirmEmailChange",
                "Confirm the change of your address",
                "With the codes of both addresses. The earlier address stays yours: nobody else signs up with "
                    + "it. Five tries within 15 minutes."
            )
            .Answers<PersonView>()
            .Refuses(404, 409);
    }

    private static async Task<IResult> StartAsync(HttpContext http, GpuGrantsContext db, IdentityKey key)
    {
        var services = http.RequestServices;
        var person = await MeEndpoints.PersonAsync(http, db);
        var body = await http.BodyAsync(new StartValidator());
        services.GetRequiredService<SignUpGate>().DemandMail();
        var email = EmailAddress.Parse(body.Email)!;
        if (await CodeMail.AdmitAsync(http, db, email, AddressProof.EmailChange) is { } earlier)
            return earlier;
        var outbox = services.GetRequiredService<Outbox>();
        var (oldCode, newCode) = (MailedCode.Make(), MailedCode.Make());
        var toOld = outbox.Seal(Letters.EmailChange(person.Email!, person.Language!, oldCode, isNew: false));
        var toNew = outbox.Seal(Letters.EmailChange(email.Text, person.Language!, newCode, isNew: true));
        var proofs = services.GetRequiredService<Proofs>();
        return await CodeMail.SendAsync(
            http,
            CodeMail.Mailing(
                http.Actor(),
                Prove,
                id => $"Read both codes and send them: POST /v1/me/email-changes/{id}/confirm.",
                [toOld, toNew]
            )
        );

        AddressProof Prove(DateTimeOffset at)
        {
            var id = Guid.CreateVersion7(at);
            var proof = proofs.Make(id, AddressProof.EmailChange, key.Of(email), newCode, new EmailChangeDetails(email.Text), at);
            (proof.PersonId, proof.OldCodeHash) = (person.Id, key.Of(id, oldCode));
            return proof;
        }
    }

    private static async Task<IResult> ConfirmAsync(HttpContext http, GpuGrantsContext db, IdentityKey key, Guid id)
    {
        var person = await MeEndpoints.PersonAsync(http, db);
        var body = await http.BodyAsync(new CodesValidator());
        return await http.RunAsync(
            new ConfirmEmailChange
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                ProofId = id,
                PersonId = person.Id,
                OldCode = body.OldCode!,
                NewCode = body.NewCode!,
                Key = key,
                Proofs = http.RequestServices.GetRequiredService<Proofs>(),
            },
            Proofs.Answering<PersonView>(view => Answer.Ok(view, view.Version))
        );
    }

    private sealed class StartValidator : AbstractValidator<EmailChangeBody>
    {
        public StartValidator() => RuleFor(body => body.Email).Email();
    }

    private sealed class CodesValidator : AbstractValidator<EmailCodesBody>
    {
        public CodesValidator()
        {
            RuleFor(body => body.OldCode).Code();
            RuleFor(body => body.NewCode).Code();
        }
    }
}

/// <summary>The address to move to.</summary>
internal sealed record EmailChangeDetails(string Email);
