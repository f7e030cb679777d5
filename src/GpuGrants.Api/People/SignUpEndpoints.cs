using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Mail;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Api.Terms;
using GpuGrants.People;
using GpuGrants.Trees;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.People;

/// <summary>From a stranger to somebody with an organization and a client, without an administrator.</summary>
public static class SignUpEndpoints
{
    public static void Map(RouteGroupBuilder open)
    {
        open.MapPost("/sign-ups", StartAsync)
            .Takes<SignUpBody>()
            .Idempotent()
            .Says(
                "startSignUp",
                "Sign up",
                "For everybody, without a token. Mails a code to the address. The answer is the same whether the address is known or not. "
                    + "The idempotency key's scope is the address. With a grantCode, whoever confirms redeems it in the same call."
            )
            .Answers<CodeSentView>(202)
            .Refuses(409);
        open.MapPost("/sign-ups/{id:guid}/confirm", ConfirmAsync)
            .Takes<CodeBody>()
            .Idempotent()
            .Says(
                "confirmSignUp",
                "Confirm a sign-up",
                "For whoever has the mailed code. Makes the person, the organization and an API client, whose "
                    + "secret is shown once, with an "
                    + "access token. A grantCode of the sign-up is redeemed, and the answer says what came of it. The next call may be "
                    + "POST /v1/requests. Five tries within 15 minutes."
            )
            .Answers<SignedUpView>(201)
            .Refuses(404, 409);
    }

    private static async Task<IResult> StartAsync(HttpContext http, GpuGrantsContext db)
    {
        var services = http.RequestServices;
        var body = await http.BodyAsync(new SignUpValidator());
        if (AgeRules.RefuseFuture(body.BirthYear, http.Now()) is { } unborn)
            throw Problem.Thrown(unborn);
        services.GetRequiredService<SignUpGate>().DemandOpen();
        var email = EmailAddress.Parse(body.Email)!;
        var (identity, earlier) = await CodeMail.EarlierOfStrangerAsync(http, email);
        if (earlier is not null)
            return earlier;
        var outbox = services.GetRequiredService<Outbox>();
        var terms = body.GrantCode is { } grantCode
            ? await services.GetRequiredService<ISignUpCodes>().AdmitAsync(http, db, grantCode)
            : await PlatformTerms.IdsAsync(db, http.RequestAborted);
        await CodeMail.TakeAsync(http, db, email, AddressProof.SignUp);
        var details = new SignUpDetails(email.Text, body.Name!, body.Language ?? "en", body.OrganizationName!, body.Kind!, body.Country!)
        {
            TermsIds = terms,
            GrantCode = body.GrantCode,
            BirthYear = body.BirthYear,
            OfAge = body.OfAge,
        };
        var code = MailedCode.Make();
        var letter = outbox.Seal(Letters.SignUp(email.Text, details.Language, code, details.OrganizationName));
        var proofs = services.GetRequiredService<Proofs>();
        return await CodeMail.SendAsync(
            http,
            CodeMail.Mailing(
                Actor.Service,
                at => proofs.Make(Guid.CreateVersion7(at), AddressProof.SignUp, identity, code, details, at),
                id => $"Read the code in your mail and send it: POST /v1/sign-ups/{id}/confirm.",
                [letter]
            )
        );
    }

    private static async Task<IResult> ConfirmAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var services = http.RequestServices;
        var body = await http.BodyAsync(new CodeValidator());
        services.GetRequiredService<SignUpGate>().DemandOpen();
        await CodeMail.ProofAsync(http, db, id, AddressProof.SignUp);
        var firstTokens = services.GetRequiredService<FirstTokens>();
        var command = new ConfirmSignUp
        {
            Tree = TreeId.Platform,
            Actor = Actor.Service,
            ProofId = id,
            Code = body.Code!,
            Proofs = services.GetRequiredService<Proofs>(),
            Limits = services.GetRequiredService<IOptions<HoldingOptions>>().Value,
            SignUps = services.GetRequiredService<DomainSignUps>(),
        };
        SignedUpView Shown(SignedUpView made) => made with { Token = firstTokens.Of(made.Client) };
        var (answer, outcome) = await http.SubmitAsync(
            command,
            Proofs.Answering<SignedUpView>(made => Answer.Created(null, Shown(made)), made => Answer.Created(null, made.WithoutSecret()))
        );
        // A repetition has decided nothing here.
        if (answer is { Replayed: true } || command.GrantCode is not { } grantCode || !outcome.TryGet(out var signedUp, out _))
            return new AnswerResult(answer!);
        var redemption = await services.GetRequiredService<ISignUpCodes>().RedeemAsync(http, db, signedUp, grantCode);
        return new AnswerResult(Answer.Created(null, Shown(signedUp) with { Redemption = redemption }));
    }
}
