using System.Text.Json.Serialization;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.People;

/// <summary>What signing up with a code needs. The folder <c>Codes</c> has it: it decides requests, and this folder does not.</summary>
internal interface ISignUpCodes
{
    /// <summary>Looks at the code before anything is mailed.</summary>
    /// <returns>The terms in force that whoever redeems it accepts.</returns>
    /// <exception cref="ProblemException">Nobody can redeem the code, or too many wrong ones came.</exception>
    Task<IReadOnlyList<Guid>> AdmitAsync(HttpContext http, GpuGrantsContext db, string code);

    /// <summary>Redeems the code for the new person's organization.</summary>
    /// <returns>What came of it, also when it was refused: the person has signed up in any case.</returns>
    Task<SignUpRedemptionView> RedeemAsync(HttpContext http, GpuGrantsContext db, SignedUpView made, string code);
}

/// <summary>What came of the code of a sign-up.</summary>
public sealed record SignUpRedemptionView
{
    public const string Refused = "refused";

    /// <summary>approved, in-review or denied, as the request is; or refused, when there is no request.</summary>
    public required string Status { get; init; }

    /// <summary>The request that redeems the code.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? RequestId { get; init; }

    /// <summary>The grant: read it at /v1/grants/{id}.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? GrantId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? GpuHours { get; init; }

    /// <summary>When the grant expires.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The first reason against it: a reason's code, or a problem's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Code { get; init; }

    /// <summary>The first reason in words, with the next step.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Message { get; init; }
}
