using System.Text.Json.Serialization;
using FluentValidation;
using GpuGrants.Api.Http.Bodies;

namespace GpuGrants.Api.People.Handover;

/// <summary>Who is to own the organization.</summary>
public sealed record HandoverBody
{
    /// <summary>A member, when an owner offers it; somebody who signed up, when an administrator rescues the organization.</summary>
    public Guid? PrincipalId { get; init; }

    /// <summary>Why; an administrator has to state it.</summary>
    public string? Reason { get; init; }
}

/// <summary>Somebody is to own an organization in another's place.</summary>
public sealed record HandoverView
{
    public required Guid Id { get; init; }

    public required Guid OrganizationId { get; init; }

    /// <summary>offer: by an owner, to a member. rescue: by an administrator, because the only owner has vanished.</summary>
    public required string Kind { get; init; }

    /// <summary>The owner who gives it, or who has vanished.</summary>
    public required Guid FromPrincipalId { get; init; }

    /// <summary>Who is to own it.</summary>
    public required Guid ToPrincipalId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Reason { get; init; }

    /// <summary>open, accepted, stopped or expired.</summary>
    public required string Status { get; init; }

    /// <summary>From when it can be accepted.</summary>
    public required DateTimeOffset DueAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Who made it.</summary>
    public required Guid CreatedBy { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? EndedAt { get; init; }

    internal static HandoverView Of(HandoverRow row, DateTimeOffset at) =>
        new()
        {
            Id = row.Id,
            OrganizationId = row.OrganizationId,
            Kind = row.Kind,
            FromPrincipalId = row.FromPrincipalId,
            ToPrincipalId = row.ToPrincipalId,
            Reason = row.Reason,
            Status = row.StatusAt(at),
            DueAt = row.DueAt,
            ExpiresAt = row.ExpiresAt,
            CreatedBy = row.CreatedBy,
            CreatedAt = row.CreatedAt,
            EndedAt = row.EndedAt,
        };
}

/// <summary>What a new handover needs.</summary>
internal sealed class HandoverValidator : AbstractValidator<HandoverBody>
{
    public HandoverValidator(bool isRescue)
    {
        RuleFor(body => body.PrincipalId).NotNull().WithMessage("State the principal who is to own the organization.");
        RuleFor(body => body.Reason).Text(2_000, required: isRescue);
    }
}
