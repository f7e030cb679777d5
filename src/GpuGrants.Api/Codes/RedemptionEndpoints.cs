using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Requests;
using GpuGrants.Api.Requests.Views;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Codes;

/// <summary>A code to redeem.</summary>
public sealed record RedemptionBody
{
    /// <summary>The code, as it is printed or typed.</summary>
    public string? Code { get; init; }

    /// <summary>The organization that gets the grant; members of only one organization may leave it out.</summary>
    public Guid? OrganizationId { get; init; }

    public Guid? ProjectId { get; init; }
}

/// <summary>Redeeming a code for those who signed up before.</summary>
public static class RedemptionEndpoints
{
    public static void Map(RouteGroupBuilder v1) =>
        v1.MapPost("/code-redemptions", RedeemAsync)
            .RequireScope(Scopes.Request)
            .Takes<RedemptionBody>()
            .Idempotent()
            .Speaks()
            .Says(
                "redeemCode",
                "Redeem a code",
                "Makes a request for what the code stands for, decided at once by the same rules as any other. A denial spends nothing. "
                    + "Whoever redeems their code again gets the first answer."
            )
            .Answers<RequestView>(201)
            .Refuses(409);

    private static async Task<IResult> RedeemAsync(HttpContext http, GpuGrantsContext db)
    {
        var body = await http.BodyAsync(new Validator());
        var organization = http.OrganizationOf(body.OrganizationId);
        if (await http.EarlierAnswerAsync() is { } given)
            return new AnswerResult(given);
        var found = await FoundCode.FindAsync(http, db, body.Code!, "code");
        var render = RequestAnswers.Created(http.Language());
        var (answer, outcome) = await http.SubmitAsync(
            CodeCalls.Redeem(http, found, http.Caller(), organization, body.ProjectId),
            CommandExtensions.Answering<RedeemedCode>(redeemed => redeemed.Decided is { } decided ? render(decided) : null)
        );
        if (answer is not null)
            return new AnswerResult(answer);
        outcome.TryGet(out var earlier, out _);
        // Who has left the organization since, or asks for another, is told of that request no more.
        if (
            !await RequestAccess
                .Visible(db, http.Caller())
                .AnyAsync(row => row.Id == earlier!.RequestId && row.OrganizationId == organization, http.RequestAborted)
        )
            throw new ProblemException(
                Problem.Document(409, "code-used", "You redeemed the code for another organization. Each code works once.", "code")
            );
        return new AnswerResult(await CounterOfferCall.FirstAnswerAsync(http, db, found.Tree.Value, earlier!.RequestId));
    }

    private sealed class Validator : AbstractValidator<RedemptionBody>
    {
        public Validator() => RuleFor(body => body.Code).GrantCode();
    }
}
